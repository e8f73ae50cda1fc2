package kubectl

import (
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
)

func createTokenCommand() *command {
	return &command{name: "token", use: "SERVICE_ACCOUNT_NAME", short: "Request a service account token",
		flags: printFlags + "audience:a duration:d bound-object-kind:s bound-object-name:s bound-object-uid:s", run: createToken}
}

// createToken is create token.
func createToken(c *cmd) {
	name, ok := c.oneName()
	if !ok {
		return
	}
	f, err := c.format(objectFormats)
	if err != nil {
		c.fail(err)
		return
	}
	t := &authenticationv1.TokenRequest{}
	d := c.f.duration("duration")
	kind, object, uid := c.f.str("bound-object-kind"), c.f.str("bound-object-name"), c.f.str("bound-object-uid")
	t.Spec.Audiences = c.f.list("audience")
	switch {
	case d < 0:
		c.failf("--duration must be greater than or equal to 0")
		return
	case d%time.Second != 0:
		c.failf("--duration cannot be expressed in units less than seconds")
		return
	}
	for _, a := range t.Spec.Audiences {
		if a == "" {
			c.failf("--audience must not be an empty string")
			return
		}
	}
	switch {
	case kind == "" && object != "":
		c.failf("--bound-object-name can only be set if --bound-object-kind is provided")
		return
	case kind == "" && uid != "":
		c.failf("--bound-object-uid can only be set if --bound-object-kind is provided")
		return
	case kind == "":
	case kind != "Node" && kind != "Pod" && kind != "Secret":
		c.failf("supported --bound-object-kind values are Node, Pod, Secret")
		return
	case object == "":
		c.failf("--bound-object-name is required if --bound-object-kind is provided")
		return
	default:
		t.Spec.BoundObjectRef = &authenticationv1.BoundObjectReference{Kind: kind, APIVersion: "v1", Name: object, UID: types.UID(uid)}
	}
	if d > 0 {
		seconds := int64(d / time.Second)
		t.Spec.ExpirationSeconds = &seconds
	}
	req := &api.Request{Verb: api.Create, Resource: api.ServiceAccounts, Subresource: "token", Namespace: c.ns, Name: name, Object: t}
	c.do(req, func(r *api.Response) {
		if r.Err != nil {
			c.failf("failed to create token: %v", r.Err)
			return
		}
		made := r.Object.(*authenticationv1.TokenRequest)
		if f.name != "" {
			row := &api.Resource{Group: authenticationv1.GroupName, Version: "v1", Kind: "TokenRequest", Name: "tokenrequests"}
			c.did(f, &info{res: row, ns: made.Namespace, name: made.Name, obj: made}, "created", "")
			c.end()
			return
		}
		c.printf("%s\n", made.Status.Token)
		c.end()
	})
}
