package rest

import (
	"cmp"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

const (
	jsonType     = "application/json"
	yamlType     = "application/yaml"
	protobufType = "application/vnd.kubernetes.protobuf"
)

// output is what a client wants to be answered with (endpoints/handlers/negotiation).
type output struct {
	yaml   bool
	packed bool // protobuf
	pretty bool
	as     schema.GroupVersionKind // Table, PartialObjectMetadata...; empty: the object itself
}

// clause is one alternative of an Accept header.
type clause struct {
	typ    string
	params map[string]string
	q      float64
}

func parseAccept(header string) []clause {
	var out []clause
	for part := range strings.SplitSeq(header, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		t, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		c := clause{typ: t, params: params, q: 1}
		if v, ok := params["q"]; ok {
			if q, err := strconv.ParseFloat(v, 64); err == nil {
				c.q = q
			}
			delete(params, "q")
		}
		out = append(out, c)
	}
	slices.SortStableFunc(out, func(a, b clause) int { return cmp.Compare(b.q, a.q) })
	return out
}

// transforms are the kinds an answer can be turned into.
func transforms(k schema.GroupVersionKind) bool {
	if k.Group != metav1.GroupName || k.Version != "v1" && k.Version != "v1beta1" {
		return false
	}
	return k.Kind == "Table" || k.Kind == "PartialObjectMetadata" || k.Kind == "PartialObjectMetadataList"
}

// offer is what an answer can be given as beside JSON and YAML of itself.
type offer struct {
	transform bool // another kind: Table, PartialObjectMetadata
	packed    bool // protobuf
}

// negotiate chooses the form of the answer.
func negotiate(r *http.Request, has offer) (output, error) {
	out := output{pretty: pretty(r)}
	header := strings.Join(r.Header.Values("Accept"), ",")
	if strings.TrimSpace(header) == "" {
		return out, nil
	}
	for _, c := range parseAccept(header) {
		switch c.typ {
		case jsonType, "application/*", "*/*":
			out.yaml, out.packed = false, false
		case yamlType:
			out.yaml, out.packed = true, false
		case protobufType:
			// A Table has no protobuf form: who asks for one in protobuf is asked for the next choice.
			if !has.packed || c.params["as"] == "Table" {
				continue
			}
			out.yaml, out.packed = false, true
		default:
			continue
		}
		if s := c.params["stream"]; s != "" && s != "watch" {
			continue
		}
		out.as = schema.GroupVersionKind{Group: c.params["g"], Version: c.params["v"], Kind: c.params["as"]}
		if !out.as.Empty() && !(has.transform && transforms(out.as)) {
			continue
		}
		if c.params["pretty"] == "1" {
			out.pretty = true
		}
		return out, nil
	}
	accepted := jsonType + ", " + yamlType
	if has.packed {
		accepted += ", " + protobufType
	}
	return output{}, failure(http.StatusNotAcceptable, metav1.StatusReasonNotAcceptable, "only the following media types are accepted: "+accepted)
}

// pretty: by parameter, or for people (browsers, curl, Wget).
func pretty(r *http.Request) bool {
	if v := r.URL.Query().Get("pretty"); v != "" {
		p, _ := strconv.ParseBool(v)
		return p
	}
	ua := r.UserAgent()
	return strings.HasPrefix(ua, "curl") || strings.HasPrefix(ua, "Wget") || strings.HasPrefix(ua, "Mozilla/5.0")
}

// bodyType is the media type of a request's body. Typed clients of client-go send protobuf unless told otherwise.
func bodyType(r *http.Request) (string, error) {
	h := r.Header.Get("Content-Type")
	if h == "" {
		return jsonType, nil
	}
	if t, _, err := mime.ParseMediaType(h); err == nil && (t == jsonType || t == yamlType || t == protobufType) {
		return t, nil
	}
	return "", unsupportedMediaType(jsonType, yamlType, protobufType)
}

func unsupportedMediaType(accepted ...string) error {
	return failure(http.StatusUnsupportedMediaType, metav1.StatusReasonUnsupportedMediaType,
		"the body of the request was in an unknown format - accepted media types include: "+strings.Join(accepted, ", "))
}

func failure(code int32, reason metav1.StatusReason, message string) error {
	return &apierrors.StatusError{ErrStatus: metav1.Status{Status: metav1.StatusFailure, Code: code, Reason: reason, Message: message}}
}
