package rest

import (
	"net/http"
	"net/url"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/internalversion"
	internalscheme "k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme"
	internalvalidation "k8s.io/apimachinery/pkg/apis/meta/internalversion/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tabernetes/engine/api"
	"tabernetes/engine/api/fieldmanager"
	"tabernetes/engine/api/manifest"
)

// query reads parameters the way upstream does, errors included.
func query(r *http.Request, into runtime.Object) error {
	v, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return apierrors.NewBadRequest(err.Error())
	}
	if err := internalscheme.ParameterCodec.DecodeParameters(v, metav1.SchemeGroupVersion, into); err != nil {
		return apierrors.NewBadRequest(err.Error())
	}
	return nil
}

func optionsInvalid(kind string, errs field.ErrorList) error {
	if len(errs) == 0 {
		return nil
	}
	return apierrors.NewInvalid(schema.GroupKind{Group: metav1.GroupName, Kind: kind}, "", errs)
}

func writeOptions(req *api.Request, manager, fieldValidation string, dryRun []string) {
	req.DryRun = len(dryRun) > 0
	// Only the cluster's own components leave it out.
	if req.FieldManager = fieldmanager.Name(manager, req.UserAgent); req.FieldManager == "" {
		req.FieldManager = "unknown"
	}
	if req.FieldValidation = fieldValidation; fieldValidation == "" {
		req.FieldValidation = metav1.FieldValidationWarn
	}
}

func createOptions(r *http.Request, req *api.Request) error {
	var o metav1.CreateOptions
	if err := query(r, &o); err != nil {
		return err
	}
	writeOptions(req, o.FieldManager, o.FieldValidation, o.DryRun)
	return optionsInvalid("CreateOptions", validation.ValidateCreateOptions(&o))
}

func updateOptions(r *http.Request, req *api.Request) error {
	var o metav1.UpdateOptions
	if err := query(r, &o); err != nil {
		return err
	}
	writeOptions(req, o.FieldManager, o.FieldValidation, o.DryRun)
	return optionsInvalid("UpdateOptions", validation.ValidateUpdateOptions(&o))
}

func patchOptions(r *http.Request, req *api.Request, t types.PatchType) error {
	var o metav1.PatchOptions
	if err := query(r, &o); err != nil {
		return err
	}
	writeOptions(req, o.FieldManager, o.FieldValidation, o.DryRun)
	req.Force = o.Force != nil && *o.Force
	return optionsInvalid("PatchOptions", validation.ValidatePatchOptions(&o, t))
}

// deleteOptions come in the body, else in the query.
func deleteOptions(w http.ResponseWriter, r *http.Request, req *api.Request) error {
	b, err := readBody(w, r)
	if err != nil {
		return err
	}
	var o metav1.DeleteOptions
	if len(b) > 0 {
		typ, err := bodyType(r)
		if err != nil {
			return err
		}
		if err := decodeDeleteOptions(b, typ, &o); err != nil {
			return apierrors.NewBadRequest(err.Error())
		}
		if o.Kind != "" && o.Kind != "DeleteOptions" {
			return apierrors.NewBadRequest("decoded object cannot be converted to DeleteOptions")
		}
	} else if err := query(r, &o); err != nil {
		return err
	}
	if err := optionsInvalid("DeleteOptions", validation.ValidateDeleteOptions(&o)); err != nil {
		return err
	}
	req.GracePeriodSeconds, req.Preconditions, req.Propagation = o.GracePeriodSeconds, o.Preconditions, o.PropagationPolicy
	req.DryRun = len(o.DryRun) > 0
	if o.OrphanDependents != nil {
		p := metav1.DeletePropagationBackground
		if *o.OrphanDependents {
			p = metav1.DeletePropagationOrphan
		}
		req.Propagation = &p
	}
	return nil
}

func decodeDeleteOptions(b []byte, typ string, o *metav1.DeleteOptions) error {
	if typ == protobufType {
		env, err := openEnvelope(b)
		if err != nil {
			return err
		}
		o.Kind = env.Kind
		return o.Unmarshal(env.Raw)
	}
	doc, err := document(b, typ == yamlType)
	if err != nil {
		return err
	}
	_, err = manifest.Decode(doc, o, false)
	return err
}

// listOptions are those of list, watch and deletecollection (endpoints/handlers/get.go).
func listOptions(r *http.Request, c *call, req *api.Request) (watch bool, timeout time.Duration, err error) {
	var o internalversion.ListOptions
	if err := query(r, &o); err != nil {
		return false, 0, err
	}
	o.Watch = o.Watch || c.watch
	internalversion.SetListOptionsDefaults(&o, true)
	if err := optionsInvalid("ListOptions", internalvalidation.ValidateListOptions(&o, true)); err != nil {
		return false, 0, err
	}
	req.LabelSelector, req.FieldSelector = o.LabelSelector, o.FieldSelector
	if o.FieldSelector != nil {
		empty := c.resource.New()
		for _, q := range o.FieldSelector.Requirements() {
			if _, ok := c.resource.FieldValue(empty, q.Field); !ok {
				return false, 0, apierrors.NewBadRequest("field label not supported: " + q.Field)
			}
		}
	}
	if c.name != "" { // /watch/RESOURCE/NAME
		if req.FieldSelector != nil && !req.FieldSelector.Empty() {
			if n, ok := req.FieldSelector.RequiresExactMatch("metadata.name"); !ok || n != c.name {
				return false, 0, apierrors.NewBadRequest("fieldSelector metadata.name doesn't match requested name")
			}
		} else {
			req.FieldSelector = fields.OneTermEqualSelector("metadata.name", c.name)
		}
	}
	req.ResourceVersion, req.ResourceVersionMatch = o.ResourceVersion, o.ResourceVersionMatch
	req.Limit, req.Continue = o.Limit, o.Continue
	req.AllowBookmarks, req.ProgressNotify = o.AllowWatchBookmarks, o.AllowWatchBookmarks
	req.SendInitialEvents = o.SendInitialEvents != nil && *o.SendInitialEvents
	timeout = watchTimeout
	if o.TimeoutSeconds != nil && *o.TimeoutSeconds > 0 {
		timeout = time.Duration(min(*o.TimeoutSeconds, int64(24*3600))) * time.Second
	}
	return o.Watch, timeout, nil
}

// getOptions of a GET of one object.
func getOptions(r *http.Request, req *api.Request) error {
	var o metav1.GetOptions
	if err := query(r, &o); err != nil {
		return err
	}
	req.ResourceVersion = o.ResourceVersion
	return nil
}
