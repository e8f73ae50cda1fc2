package persistentvolume

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/api/binding"
)

// index is the volumes the controller knows: by name, those of nobody by their access modes, the others by their claim.
// A claim is matched against the volumes that are free, never against those that others have (upstream's
// persistentVolumeOrderedIndex walks over all).
type index struct {
	all     map[string]*corev1.PersistentVolume
	free    map[string]map[string]*corev1.PersistentVolume // access modes, then name
	claimed map[string]map[string]*corev1.PersistentVolume // key of the claim, then name
}

func newIndex() *index {
	type volumes = map[string]*corev1.PersistentVolume
	return &index{volumes{}, map[string]volumes{}, map[string]volumes{}}
}

func (x *index) get(name string) *corev1.PersistentVolume { return x.all[name] }

// bucket is where a volume stands beside its place by name.
func (x *index) bucket(v *corev1.PersistentVolume) (group map[string]map[string]*corev1.PersistentVolume, key string) {
	if v.Spec.ClaimRef != nil {
		return x.claimed, refKey(v)
	}
	return x.free, modesKey(v.Spec.AccessModes)
}

// put takes in a version of a volume; false says that a newer one is known.
func (x *index) put(v *corev1.PersistentVolume) bool {
	if old := x.all[v.Name]; old != nil && api.Revision(old) > api.Revision(v) {
		return false
	}
	x.remove(v.Name)
	x.all[v.Name] = v
	group, key := x.bucket(v)
	if group[key] == nil {
		group[key] = map[string]*corev1.PersistentVolume{}
	}
	group[key][v.Name] = v
	return true
}

func (x *index) remove(name string) {
	old := x.all[name]
	if old == nil {
		return
	}
	delete(x.all, name)
	group, key := x.bucket(old)
	if delete(group[key], name); len(group[key]) == 0 {
		delete(group, key)
	}
}

// allModes in the order in which upstream writes them (v1helper.GetAccessModesAsString).
var allModes = [...]corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce, corev1.ReadOnlyMany, corev1.ReadWriteMany, corev1.ReadWriteOncePod}

func modesKey(modes []corev1.PersistentVolumeAccessMode) string {
	var out []string
	for _, m := range allModes {
		if slices.Contains(modes, m) {
			out = append(out, string(m))
		}
	}
	return strings.Join(out, ",")
}

// find is the best volume for a claim: of those with the fewest access modes beyond what it asks for the smallest, unless
// one is set aside for it. Of volumes that are alike the first by name is taken; upstream takes any.
func (x *index) find(c *corev1.PersistentVolumeClaim, delay bool) (*corev1.PersistentVolume, error) {
	mine := x.claimed[api.KeyOf(c)]
	keys := map[string]bool{}
	for _, v := range mine {
		keys[modesKey(v.Spec.AccessModes)] = true
	}
	for key := range x.free {
		keys[key] = true
	}
	sorted := slices.SortedFunc(maps.Keys(keys), func(a, b string) int {
		return cmp.Or(strings.Count(a, ",")-strings.Count(b, ","), cmp.Compare(a, b))
	})
	for _, key := range sorted {
		var modes []corev1.PersistentVolumeAccessMode
		for _, m := range strings.Split(key, ",") {
			modes = append(modes, corev1.PersistentVolumeAccessMode(m))
		}
		if !binding.Modes(modes, c.Spec.AccessModes) {
			continue
		}
		var candidates []*corev1.PersistentVolume
		for _, name := range slices.Sorted(maps.Keys(mine)) {
			if v := mine[name]; modesKey(v.Spec.AccessModes) == key {
				candidates = append(candidates, v)
			}
		}
		if !delay {
			for _, name := range slices.Sorted(maps.Keys(x.free[key])) {
				candidates = append(candidates, x.free[key][name])
			}
		}
		v, err := binding.Find(c, candidates, binding.Search{Delay: delay})
		if v != nil || err != nil {
			return v, err
		}
	}
	return nil, nil
}
