package apiserver_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
	"tabernetes/engine/apiserver"
	"tabernetes/engine/sim"
)

// hookServer is somebody who answers all webhooks, by path.
type hookServer struct {
	*world
	answers map[string]func(rq map[string]any) any // the response, or an error, or a status code
	delay   map[string]time.Duration
	calls   []string
	seen    []map[string]any // requests
}

func newHookServer(t *testing.T) *hookServer {
	h := &hookServer{answers: map[string]func(map[string]any) any{}, delay: map[string]time.Duration{}}
	h.world = newWorld(t, func(conf *apiserver.Config) {
		conf.CallWebhook = func(a *sim.Actor, c *apiserver.WebhookCall, done func(apiserver.WebhookAnswer)) {
			h.answer(a, c, done)
		}
	})
	h.must(&corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "hook"}, Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 443}}}})
	return h
}

func (h *hookServer) answer(a *sim.Actor, c *apiserver.WebhookCall, done func(apiserver.WebhookAnswer)) {
	var review map[string]any
	require.NoError(h.t, json.Unmarshal(c.Body, &review))
	rq := review["request"].(map[string]any)
	h.calls = append(h.calls, c.Path)
	h.seen = append(h.seen, rq)
	d, ok := h.delay[c.Path]
	if !ok {
		d = 10 * time.Millisecond
	}
	a.After(d, "webhook", func() {
		switch x := h.answers[c.Path](rq).(type) {
		case error:
			done(apiserver.WebhookAnswer{Err: x})
		case int:
			done(apiserver.WebhookAnswer{Status: x, Body: []byte("page\n")})
		case string:
			done(apiserver.WebhookAnswer{Status: 200, JSON: true, Body: []byte(x)})
		case map[string]any:
			x = maps.Clone(x)
			if x["uid"] == nil {
				x["uid"] = rq["uid"]
			}
			body, err := json.Marshal(map[string]any{"kind": review["kind"], "apiVersion": review["apiVersion"], "response": x})
			require.NoError(h.t, err)
			done(apiserver.WebhookAnswer{Status: 200, JSON: true, Body: body})
		}
	})
}

func allow(map[string]any) any { return map[string]any{"allowed": true} }

func patching(patch string) func(map[string]any) any {
	return func(map[string]any) any {
		return map[string]any{"allowed": true, "patch": []byte(patch), "patchType": "JSONPatch"}
	}
}

// labelling adds a label if it is not there.
func labelling(name string) func(map[string]any) any {
	return func(rq map[string]any) any {
		labels, _ := rq["object"].(map[string]any)["metadata"].(map[string]any)["labels"].(map[string]any)
		if labels[name] != nil {
			return allow(rq)
		}
		return patching(`[{"op":"add","path":"/metadata/labels/` + name + `","value":"1"}]`)(rq)
	}
}

func target(path string) admissionregistrationv1.WebhookClientConfig {
	return admissionregistrationv1.WebhookClientConfig{Service: &admissionregistrationv1.ServiceReference{Namespace: "default", Name: "hook", Path: ptr("/" + path)}}
}

func rules(resources string, operations ...admissionregistrationv1.OperationType) []admissionregistrationv1.RuleWithOperations {
	return []admissionregistrationv1.RuleWithOperations{{Operations: operations,
		Rule: admissionregistrationv1.Rule{APIGroups: []string{"*"}, APIVersions: []string{"*"}, Resources: []string{resources}}}}
}

// validating and mutating make a configuration with one webhook, at the path of its own name.
func validating(name string, edit ...func(*admissionregistrationv1.ValidatingWebhook)) *admissionregistrationv1.ValidatingWebhookConfiguration {
	w := admissionregistrationv1.ValidatingWebhook{Name: name + ".example.com", SideEffects: ptr(admissionregistrationv1.SideEffectClassNone), AdmissionReviewVersions: []string{"v1"},
		ClientConfig: target(name), Rules: rules("configmaps", "CREATE", "DELETE")}
	for _, fn := range edit {
		fn(&w)
	}
	return &admissionregistrationv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: name}, Webhooks: []admissionregistrationv1.ValidatingWebhook{w}}
}

func mutating(name string, edit ...func(*admissionregistrationv1.MutatingWebhook)) *admissionregistrationv1.MutatingWebhookConfiguration {
	w := admissionregistrationv1.MutatingWebhook{Name: name + ".example.com", SideEffects: ptr(admissionregistrationv1.SideEffectClassNone), AdmissionReviewVersions: []string{"v1"},
		ClientConfig: target(name), Rules: rules("configmaps", "CREATE")}
	for _, fn := range edit {
		fn(&w)
	}
	return &admissionregistrationv1.MutatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: name}, Webhooks: []admissionregistrationv1.MutatingWebhook{w}}
}

func ifNeeded(w *admissionregistrationv1.MutatingWebhook) {
	w.ReinvocationPolicy = ptr(admissionregistrationv1.IfNeededReinvocationPolicy)
}

func configMap(name string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"x": "y"}}}
}

const failedCall = `Internal error occurred: failed calling webhook "hook.example.com": `

func TestWebhookNobodyAnswers(t *testing.T) {
	w := newWorld(t)
	w.must(validating("lenient", func(h *admissionregistrationv1.ValidatingWebhook) {
		h.FailurePolicy = ptr(admissionregistrationv1.Ignore)
	}))
	w.must(validating("elsewhere", func(h *admissionregistrationv1.ValidatingWebhook) {
		h.NamespaceSelector = &metav1.LabelSelector{MatchLabels: map[string]string{"hooked": "yes"}}
	}))
	w.must(configMap("a"))
	w.must(validating("hook", func(h *admissionregistrationv1.ValidatingWebhook) { h.ClientConfig = target("check/") }))
	post := failedCall + `failed to call webhook: Post "https://hook.default.svc:443/check?timeout=10s": `
	assert.EqualError(t, w.make(configMap("b")).Err, post+`service "hook" not found`)
	assert.EqualError(t, w.do(&api.Request{Verb: api.Delete, Resource: api.ConfigMaps, Namespace: "default", Name: "a"}).Err, post+`service "hook" not found`)
	w.must(pod("p")) // no rule is about pods
	svc := w.must(&corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "hook"}, Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Port: 443}}}}).(*corev1.Service)
	assert.EqualError(t, w.make(configMap("b")).Err, post+"dial tcp "+svc.Spec.ClusterIP+":443: connect: connection refused")
}

func TestWebhookAnswers(t *testing.T) {
	h := newHookServer(t)
	reply := any(nil)
	h.answers["/hook"] = func(map[string]any) any { return reply }
	h.must(validating("hook"))
	post := failedCall + `failed to call webhook: Post "https://hook.default.svc:443/hook?timeout=10s": `
	status := func(s metav1.Status) any { return map[string]any{"allowed": false, "status": s} }
	for _, c := range []struct {
		reply any
		want  string
	}{
		{map[string]any{"allowed": false}, `admission webhook "hook.example.com" denied the request without explanation`},
		{status(metav1.Status{Message: "I said no", Code: 418}), `admission webhook "hook.example.com" denied the request: I said no`},
		{status(metav1.Status{Reason: "NoReason", Status: "Success"}), `admission webhook "hook.example.com" denied the request: NoReason`},
		{errors.New("tls: failed to verify certificate: x509: certificate signed by unknown authority"), post + "tls: failed to verify certificate: x509: certificate signed by unknown authority"},
		{404, failedCall + "failed to call webhook: the server could not find the requested resource"},
		{500, failedCall + `failed to call webhook: an error on the server ("page") has prevented the request from succeeding`},
		{"", failedCall + "failed to call webhook: 0-length response with status code: 200 and content type: "},
		{"<html>", failedCall + "failed to call webhook: couldn't get version/kind; json parse error: invalid character '<' looking for beginning of value"},
		{"{}", failedCall + "received invalid webhook response: webhook response was absent"},
		{map[string]any{"uid": "other"}, failedCall + `received invalid webhook response: expected response.uid="UID", got "other"`},
		{map[string]any{"allowed": true, "patchType": "JSONPatch"}, failedCall + "received invalid webhook response: validating webhook may not return response.patchType"},
		{map[string]any{"allowed": true, "patch": "e30="}, failedCall + "received invalid webhook response: validating webhook may not return response.patch"},
	} {
		reply = c.reply
		err := h.make(configMap("b")).Err
		require.Error(t, err)
		uid, _ := h.seen[len(h.seen)-1]["uid"].(string)
		assert.Equal(t, c.want, strings.ReplaceAll(err.Error(), uid, "UID"))
	}
	var st interface{ Status() metav1.Status }
	reply = status(metav1.Status{Message: "I said no", Code: 418})
	require.ErrorAs(t, h.make(configMap("b")).Err, &st)
	assert.EqualValues(t, 418, st.Status().Code)

	reply = map[string]any{"allowed": true, "warnings": []string{"seen", "seen"}}
	yes := h.make(configMap("b"))
	require.NoError(t, yes.Err)
	assert.Equal(t, []string{"seen"}, yes.Warnings)
	gone := h.do(&api.Request{Verb: api.Delete, Resource: api.ConfigMaps, Namespace: "default", Name: "b"})
	require.NoError(t, gone.Err)
	assert.Equal(t, []string{"seen"}, gone.Warnings)
	last := h.seen[len(h.seen)-1]
	assert.Nil(t, last["object"])
	assert.Equal(t, "b", last["oldObject"].(map[string]any)["metadata"].(map[string]any)["name"])
}

// TestWebhookTimeout: the deadline is virtual time, other requests are served meanwhile, and a late answer is none.
func TestWebhookTimeout(t *testing.T) {
	h := newHookServer(t)
	h.answers["/hook"], h.delay["/hook"] = allow, 5*time.Second
	h.must(validating("hook", func(w *admissionregistrationv1.ValidatingWebhook) { w.TimeoutSeconds = ptr[int32](2) }))
	var err error
	answered := false
	start := h.s.Now()
	h.s.Do(func() {
		h.c.Do(&api.Request{Verb: api.Create, Resource: api.ConfigMaps, Namespace: "default", Object: configMap("slow")}, func(r *api.Response) {
			err, answered = r.Err, true
			assert.InDelta(t, 2, h.s.Now().Sub(start).Seconds(), 0.1)
		})
	})
	h.must(pod("meanwhile"))
	assert.False(t, answered)
	h.run(10 * time.Second)
	assert.EqualError(t, err, failedCall+`failed to call webhook: Post "https://hook.default.svc:443/hook?timeout=2s": context deadline exceeded`)
	assert.Error(t, h.do(&api.Request{Verb: api.Get, Resource: api.ConfigMaps, Namespace: "default", Name: "slow"}).Err)
}

// TestWebhooksAtOnce: validating webhooks are called at the same time, and the first who says no is heard.
func TestWebhooksAtOnce(t *testing.T) {
	h := newHookServer(t)
	no := func(map[string]any) any { return map[string]any{"allowed": false} }
	h.answers["/a"], h.delay["/a"] = no, 3*time.Second
	h.answers["/b"], h.delay["/b"] = no, 2*time.Second
	h.must(validating("a"))
	h.must(validating("b"))
	start := h.s.Now()
	assert.EqualError(t, h.make(configMap("x")).Err, `admission webhook "b.example.com" denied the request without explanation`)
	assert.InDelta(t, 3.1, h.s.Now().Sub(start).Seconds(), 0.1)
	assert.Equal(t, []string{"/a", "/b"}, h.calls)
}

func TestWebhookPatch(t *testing.T) {
	h := newHookServer(t)
	h.must(mutating("hook"))
	h.answers["/hook"] = patching(`[{"op":"add","path":"/data","value":{"added":"yes"}}]`)
	r := h.do(&api.Request{Verb: api.Create, Resource: api.ConfigMaps, Namespace: "default", FieldManager: "me", Object: &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{GenerateName: "gen-"}}})
	require.NoError(t, r.Err)
	cm := r.Object.(*corev1.ConfigMap)
	assert.Equal(t, map[string]string{"added": "yes"}, cm.Data)
	assert.NotEmpty(t, cm.UID)
	assert.Len(t, cm.Name, len("gen-")+5)
	require.Len(t, cm.ManagedFields, 1)
	assert.NotContains(t, string(cm.ManagedFields[0].FieldsV1.Raw), "added", "what a webhook adds is nobody's")
	meta := h.seen[0]["object"].(map[string]any)["metadata"].(map[string]any)
	assert.Equal(t, []any{"gen-", nil, nil}, []any{meta["generateName"], meta["name"], meta["uid"]}, "a mutating webhook sees an object without a name")
	assert.Equal(t, "CreateOptions", h.seen[0]["options"].(map[string]any)["kind"])
	assert.Equal(t, "me", h.seen[0]["options"].(map[string]any)["fieldManager"])
	assert.Equal(t, "test", h.seen[0]["userInfo"].(map[string]any)["username"])

	for patch, want := range map[string]string{
		`[{"op":"add","path":"/nowhere/x","value":1}]`: `Internal error occurred: add operation does not apply: doc is missing path: "/nowhere/x": missing value`,
		`{`: failedCall + "received undecodable patch in webhook response: unexpected end of JSON input",
		`[{"op":"add","path":"/kind","value":"Pod"}]`: "Internal error occurred: ",
	} {
		h.answers["/hook"] = patching(patch)
		err := h.make(configMap("x")).Err
		require.Error(t, err, patch)
		assert.Contains(t, err.Error(), want)
	}
	h.answers["/hook"] = patching(`[]`)
	h.must(configMap("nothing"))
}

// TestWebhookReinvocation: mutating webhooks are called by name; after a change those that ask for it hear of it once more.
func TestWebhookReinvocation(t *testing.T) {
	h := newHookServer(t)
	for _, name := range []string{"a", "b", "c"} {
		h.answers["/"+name] = labelling(name)
	}
	h.must(mutating("c"))
	h.must(mutating("b", ifNeeded))
	h.must(mutating("a", ifNeeded))
	cm := h.must(configMap("x"))
	assert.Equal(t, map[string]string{"a": "1", "b": "1", "c": "1", "x": "y"}, cm.GetLabels())
	assert.Equal(t, "/a /b /c /a /b", strings.Join(h.calls, " "))
	h.calls = nil
	done := configMap("done")
	done.Labels = map[string]string{"a": "1", "b": "1", "c": "1"}
	h.must(done)
	assert.Equal(t, "/a /b /c", strings.Join(h.calls, " "), "nothing changed, so nothing is called again")
}

// TestWebhookReinvokesPlugins: a container that a webhook adds gets its limits and token like any other.
func TestWebhookReinvokesPlugins(t *testing.T) {
	h := newHookServer(t)
	h.must(&corev1.LimitRange{ObjectMeta: metav1.ObjectMeta{Name: "l"}, Spec: corev1.LimitRangeSpec{Limits: []corev1.LimitRangeItem{{Type: corev1.LimitTypeContainer, DefaultRequest: amounts("cpu", "100m")}}}})
	h.must(mutating("hook", func(w *admissionregistrationv1.MutatingWebhook) { w.Rules = rules("pods", "CREATE") }))
	h.answers["/hook"] = patching(`[{"op":"add","path":"/spec/containers/-","value":{"name":"added","image":"nginx:1.27"}}]`)
	p := h.must(pod("p")).(*corev1.Pod)
	require.Len(t, p.Spec.Containers, 2)
	added := p.Spec.Containers[1]
	assert.Equal(t, "100m", added.Resources.Requests.Cpu().String())
	assert.Len(t, added.VolumeMounts, 1)
	assert.Equal(t, corev1.PullIfNotPresent, added.ImagePullPolicy)
	assert.Equal(t, []string{"/hook"}, h.calls)
}

// TestWebhookUpdates: a status update, a typed write of a component, a scale, a lease.
func TestWebhookUpdates(t *testing.T) {
	h := newHookServer(t)
	h.must(configMap("x"))
	h.must(mutating("hook", func(w *admissionregistrationv1.MutatingWebhook) { w.Rules = rules("configmaps", "UPDATE") }))
	h.answers["/hook"] = labelling("added")
	r := h.do(&api.Request{Verb: api.Patch, Resource: api.ConfigMaps, Namespace: "default", Name: "x", PatchType: api.TypedPatch, UserAgent: "component",
		Mutate: func(o api.Object) bool { o.(*corev1.ConfigMap).Data = map[string]string{"k": "v"}; return true }})
	require.NoError(t, r.Err)
	assert.Equal(t, map[string]string{"x": "y", "added": "1"}, r.Object.GetLabels())
	r = h.do(&api.Request{Verb: api.Patch, Resource: api.ConfigMaps, Namespace: "default", Name: "x", PatchType: types.MergePatchType, FieldManager: "me",
		Patch: []byte(`{"metadata":{"labels":{"added":null}}}`)})
	require.NoError(t, r.Err)
	assert.Equal(t, "1", r.Object.GetLabels()["added"])
	for _, e := range r.Object.GetManagedFields() {
		if e.FieldsV1 != nil {
			assert.NotContains(t, string(e.FieldsV1.Raw), "added", e.Manager)
		}
	}
	last := h.seen[len(h.seen)-1]
	assert.Equal(t, "UpdateOptions", last["options"].(map[string]any)["kind"])
	assert.Equal(t, map[string]any{"x": "y"}, last["object"].(map[string]any)["metadata"].(map[string]any)["labels"])
	assert.Equal(t, map[string]any{"x": "y", "added": "1"}, last["oldObject"].(map[string]any)["metadata"].(map[string]any)["labels"])
}

// TestWebhookParts: a scale is shown as a Scale, and everything else below an object as what it is.
func TestWebhookParts(t *testing.T) {
	h := newHookServer(t)
	h.must(&appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "d"}, Spec: appsv1.DeploymentSpec{Replicas: ptr[int32](1), Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}},
		Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "web"}}, Spec: pod("x").Spec}}})
	h.must(pod("p"))
	h.must(mutating("hook", func(w *admissionregistrationv1.MutatingWebhook) { w.Rules = rules("*/*", "*") }))
	h.answers["/hook"] = func(rq map[string]any) any {
		if rq["subResource"] == "scale" {
			return patching(`[{"op":"replace","path":"/spec/replicas","value":2}]`)(rq)
		}
		return allow(rq)
	}
	r := h.do(&api.Request{Verb: api.Patch, Resource: api.Deployments, Subresource: "scale", Namespace: "default", Name: "d", PatchType: types.MergePatchType, Patch: []byte(`{"spec":{"replicas":5}}`)})
	require.NoError(t, r.Err)
	assert.EqualValues(t, 2, r.Object.(*autoscalingv1.Scale).Spec.Replicas)
	require.NoError(t, h.do(&api.Request{Verb: api.Create, Resource: api.Pods, Subresource: "binding", Namespace: "default", Name: "p",
		Object: &corev1.Binding{ObjectMeta: metav1.ObjectMeta{Name: "p"}, Target: corev1.ObjectReference{Kind: "Node", Name: "n"}}}).Err)
	require.NoError(t, h.do(&api.Request{Verb: api.Patch, Resource: api.Pods, Subresource: "status", Namespace: "default", Name: "p", PatchType: api.TypedPatch,
		Mutate: func(o api.Object) bool { o.(*corev1.Pod).Status.Phase = corev1.PodRunning; return true }}).Err)
	var got []string
	for _, rq := range h.seen {
		kind := rq["kind"].(map[string]any)
		got = append(got, strings.Join([]string{rq["operation"].(string), rq["resource"].(map[string]any)["resource"].(string), fmt.Sprint(rq["subResource"]), kind["group"].(string), kind["kind"].(string),
			rq["object"].(map[string]any)["kind"].(string)}, " "))
	}
	assert.Equal(t, []string{"UPDATE deployments scale autoscaling Scale Scale", "CREATE pods binding  Binding Binding", "UPDATE pods status  Pod Pod"}, got)
	for name, patch := range map[string]string{"managed": `[{"op":"add","path":"/metadata/managedFields","value":[{"manager":"x","operation":"Bogus"}]}]`} {
		h.answers["/hook"] = patching(patch)
		r := h.make(configMap(name))
		require.NoError(t, r.Err)
		require.Len(t, r.Warnings, 1)
		assert.Contains(t, r.Warnings[0], ".metadata.managedFields was in an invalid state after admission")
	}
}
