package statefulset

import (
	"bytes"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/rand"

	"tabernetes/engine/api"
	"tabernetes/engine/api/defaults"
	"tabernetes/engine/api/patch"
	"tabernetes/engine/client"
	"tabernetes/engine/controllers/templatehash"
	"tabernetes/engine/sim"
)

// hashLabel holds the hash of a revision's data (pkg/controller/history).
const hashLabel = "controller.kubernetes.io/hash"

// longestPrefix is how much of a set's name a revision's name may begin with.
const longestPrefix = 223

// hashOf is the hash of a revision's data, 32-bit FNV-1 over the bytes and the decimal collision count.
func hashOf(data []byte, collisions int32) string {
	h := fnv.New32()
	h.Write(data)
	h.Write(strconv.AppendInt(nil, int64(collisions), 10))
	return rand.SafeEncodeString(strconv.FormatUint(uint64(h.Sum32()), 10))
}

// listRevisions are the set's revisions and those it may adopt, oldest first.
func (k *Controller) listRevisions(s *state, set *appsv1.StatefulSet) []*appsv1.ControllerRevision {
	var out []*appsv1.ControllerRevision
	add := func(list []*appsv1.ControllerRevision) {
		for _, r := range list {
			if s.selector.Matches(labels.Set(r.Labels)) {
				out = append(out, r)
			}
		}
	}
	add(k.revisions.ByIndex(client.IndexOwner, string(set.UID)))
	add(k.revisions.ByIndex(client.IndexOrphans, set.Namespace))
	slices.SortFunc(out, func(a, b *appsv1.ControllerRevision) int {
		switch {
		case a.Revision != b.Revision:
			return int(a.Revision - b.Revision)
		case !a.CreationTimestamp.Equal(&b.CreationTimestamp):
			return a.CreationTimestamp.Compare(b.CreationTimestamp.Time)
		}
		return strings.Compare(a.Name, b.Name)
	})
	return out
}

// history finds the revisions of the set's current state and of its template, and makes the latter if need be. A
// template that the set had before takes its old revision with a new number.
func (p *pass) history(then func(error)) {
	s, set := p.s, p.set
	if s.patch == nil || s.generation != set.Generation {
		data, err := templatehash.Patch(&set.Spec.Template)
		if err != nil {
			then(err)
			return
		}
		s.patch, s.generation, s.same = data, set.Generation, ""
	}
	p.revisions = p.k.listRevisions(s, set)
	if set.Status.CollisionCount != nil {
		p.collisions = *set.Status.CollisionCount
	}
	finish := func(r *appsv1.ControllerRevision, err error) {
		if err != nil {
			then(err)
			return
		}
		p.update, p.current = r, r
		for _, r := range p.revisions {
			if r.Name == set.Status.CurrentRevision {
				p.current = r
				break
			}
		}
		then(nil)
	}
	next := int64(1)
	var last, equal *appsv1.ControllerRevision
	for _, r := range p.revisions {
		last, next = r, r.Revision+1
		if bytes.Equal(r.Data.Raw, s.patch) {
			equal = r
		}
	}
	switch {
	case equal != nil && bytes.Equal(last.Data.Raw, equal.Data.Raw):
		finish(last, nil)
	case equal != nil:
		o := api.Copy(equal)
		o.Revision = next
		p.decide("the template is that of revision " + strconv.FormatInt(equal.Revision, 10) + " again: it becomes revision " + strconv.FormatInt(next, 10))
		client.Update(p.k.c, api.ControllerRevisions, "", o, finish)
	case last != nil && p.saysTheSame(last):
		finish(last, nil)
	default:
		p.snapshot(next, finish)
	}
}

// saysTheSame reports a revision whose template is the set's, written otherwise: without defaults, or with fields in
// another form (StatefulSetSemanticRevisionComparison).
func (p *pass) saysTheSame(r *appsv1.ControllerRevision) bool {
	key := string(r.UID) + "/" + r.ResourceVersion
	if p.s.same == key {
		return true
	}
	o, err := patch.Strategic(p.set, r.Data.Raw)
	if err != nil {
		return false
	}
	restored := o.(*appsv1.StatefulSet)
	defaults.Set(restored)
	data, err := templatehash.Patch(&restored.Spec.Template)
	if err != nil || !bytes.Equal(data, p.s.patch) {
		return false
	}
	p.s.same = key
	return true
}

// snapshot makes the revision of the set's template. A name that another template has already is a collision of
// hashes: another name is tried.
func (p *pass) snapshot(number int64, then func(*appsv1.ControllerRevision, error)) {
	k, set, data := p.k, p.set, p.s.patch
	l := make(map[string]string, len(set.Spec.Template.Labels)+1)
	maps.Copy(l, set.Spec.Template.Labels)
	l[hashLabel] = hashOf(data, p.collisions)
	prefix := set.Name[:min(len(set.Name), longestPrefix)]
	var try func()
	try = func() {
		r := &appsv1.ControllerRevision{
			ObjectMeta: metav1.ObjectMeta{Name: prefix + "-" + hashOf(data, p.collisions), Namespace: set.Namespace, Labels: l,
				Annotations: set.Annotations, OwnerReferences: p.s.refs},
			Data: runtime.RawExtension{Raw: data}, Revision: number,
		}
		name := r.Name
		p.decide("the template is new: it becomes revision " + strconv.FormatInt(number, 10) + ", " + name)
		client.Create(k.c, api.ControllerRevisions, r, func(made *appsv1.ControllerRevision, err error) {
			if !apierrors.IsAlreadyExists(err) {
				then(made, err)
				return
			}
			client.Get(k.c, api.ControllerRevisions, set.Namespace, name, func(there *appsv1.ControllerRevision, err error) {
				if err != nil || bytes.Equal(there.Data.Raw, data) {
					then(there, err)
					return
				}
				p.collisions++
				try()
			})
		})
	}
	try()
}

// template is the pod template of a revision.
func (p *pass) template(r *appsv1.ControllerRevision) (*corev1.PodTemplateSpec, error) {
	if bytes.Equal(r.Data.Raw, p.s.patch) || p.s.same == string(r.UID)+"/"+r.ResourceVersion {
		return &p.set.Spec.Template, nil
	}
	if t := p.s.restored[r.UID]; t != nil {
		return t, nil
	}
	o, err := patch.Strategic(p.set, r.Data.Raw)
	if err != nil {
		return nil, err
	}
	if p.s.restored == nil || len(p.s.restored) > 1 {
		p.s.restored = map[types.UID]*corev1.PodTemplateSpec{} // at most two revisions are in use
	}
	t := &o.(*appsv1.StatefulSet).Spec.Template
	p.s.restored[r.UID] = t
	return t, nil
}

// truncate deletes the oldest revisions beyond revisionHistoryLimit that nothing is of.
func (p *pass) truncate(then func(error)) {
	live := map[string]bool{}
	for _, r := range []*appsv1.ControllerRevision{p.current, p.update} {
		if r != nil {
			live[r.Name] = true
		}
	}
	for _, pod := range p.pods {
		live[revisionOf(pod)] = true
	}
	old := slices.DeleteFunc(slices.Clone(p.revisions), func(r *appsv1.ControllerRevision) bool { return live[r.Name] })
	limit := int(*p.set.Spec.RevisionHistoryLimit)
	if limit < 0 || len(old) <= limit {
		then(nil)
		return
	}
	inTurn(len(old)-limit, func(i int, then func(error)) {
		p.k.c.Delete(api.ControllerRevisions, old[i].Namespace, old[i].Name, client.DeleteOptions{}, then)
	}, then)
}

func (p *pass) decide(what string) {
	p.k.a.Record(sim.KindDecision, api.Ref(api.StatefulSets, p.set.Namespace, p.set.Name), what)
}
