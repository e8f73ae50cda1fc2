package runtime

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// agnhost's subcommand crd-conversion-webhook (test/images/agnhost/crd-conversion-webhook): it converts between
// stable.example.com/v1, which has hostPort, and v2, which has host and port.

const exampleGroup = "stable.example.com/"

func convert(_ *Container, rq Request) Reply {
	switch {
	case rq.Path == "/readyz":
		return Reply{Status: 200, Body: []byte("ok")}
	case rq.Path != "/crdconvert":
		return Reply{Status: 404, Body: []byte("404 page not found\n")}
	case rq.Method != "POST":
		return Reply{Status: 400, Body: []byte("invalid Content-Type header ``\n")}
	}
	var in struct {
		Kind, APIVersion string
		Request          struct {
			UID               string
			DesiredAPIVersion string
			Objects           []map[string]any
		}
	}
	d := json.NewDecoder(bytes.NewReader(rq.Body))
	d.UseNumber()
	if err := d.Decode(&in); err != nil {
		return Reply{Status: 400, Body: []byte("failed to deserialize body (" + string(rq.Body) + ") with error " + err.Error() + "\n")}
	}
	version, ok := strings.CutPrefix(in.APIVersion, "apiextensions.k8s.io/")
	if !ok || in.Kind != "ConversionReview" || version != "v1" && version != "v1beta1" {
		return Reply{Status: 400, Body: []byte("Unsupported group version kind: " + in.APIVersion + ", Kind=" + in.Kind + "\n")}
	}
	result := map[string]any{"metadata": struct{}{}, "status": "Success"}
	out := map[string]any{"uid": in.Request.UID, "result": result, "convertedObjects": in.Request.Objects}
	for _, o := range in.Request.Objects {
		if why := convertExample(o, in.Request.DesiredAPIVersion); why != "" {
			result["status"], result["message"], out["convertedObjects"] = "Failure", why, nil
			break
		}
		o["apiVersion"] = in.Request.DesiredAPIVersion
	}
	body, _ := json.Marshal(map[string]any{"kind": in.Kind, "apiVersion": in.APIVersion, "response": out})
	return Reply{Status: 200, Body: body, JSON: true}
}

// convertExample converts in place, or says why it cannot.
func convertExample(o map[string]any, to string) string {
	from, _ := o["apiVersion"].(string)
	unexpected := func(version string) string { return "unexpected conversion version " + strconv.Quote(version) }
	switch {
	case from == to:
		return "conversion from a version to itself should not call the webhook: " + to
	case from != exampleGroup+"v1" && from != exampleGroup+"v2":
		return unexpected(from)
	case to != exampleGroup+"v1" && to != exampleGroup+"v2":
		return unexpected(to)
	case from == exampleGroup+"v1":
		value, ok := o["hostPort"]
		if !ok {
			return ""
		}
		text, _ := value.(string)
		parts := strings.Split(text, ":")
		if len(parts) != 2 {
			return "invalid hostPort value `" + text + "`"
		}
		delete(o, "hostPort")
		o["host"], o["port"] = parts[0], parts[1]
	default:
		host, hasHost := o["host"].(string)
		port, hasPort := o["port"].(string)
		if hasHost || hasPort {
			o["hostPort"] = host + ":" + port
			delete(o, "host")
			delete(o, "port")
		}
	}
	return ""
}
