package fieldmanager

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
	"sigs.k8s.io/structured-merge-diff/v6/merge"

	"tabernetes/engine/order"
)

// conflictError is the 409 of an apply that would change what others manage (managedfields/internal/conflict.go). The
// causes come by manager, where upstream's order is random.
func (m *managed) conflictError(conflicts merge.Conflicts) error {
	order.By(conflicts, func(a, b merge.Conflict) int { return strings.Compare(a.Manager, b.Manager) })
	var causes []metav1.StatusCause
	for _, c := range conflicts {
		causes = append(causes, metav1.StatusCause{
			Type: metav1.CauseTypeFieldManagerConflict, Message: "conflict with " + m.printed(c.Manager), Field: c.Path.String(),
		})
	}
	return apierrors.NewApplyConflict(causes, m.conflictText(conflicts))
}

func (m *managed) conflictText(conflicts merge.Conflicts) string {
	if len(conflicts) == 1 {
		return "Apply failed with 1 conflict: conflict with " + m.printed(conflicts[0].Manager) + ": " + conflicts[0].Path.String()
	}
	paths := map[string][]fieldpath.Path{}
	for _, c := range conflicts {
		paths[c.Manager] = append(paths[c.Manager], c.Path)
	}
	var lines []string
	for _, id := range slices.Sorted(maps.Keys(paths)) {
		lines = append(lines, "conflicts with "+m.printed(id)+":")
		for _, p := range paths[id] {
			lines = append(lines, "- "+p.String())
		}
	}
	return fmt.Sprintf("Apply failed with %d conflicts: %s", len(conflicts), strings.Join(lines, "\n"))
}

// printed is how a message names a manager. Upstream's identifiers hold no time, so its messages have none either.
func (m *managed) printed(id string) string {
	e, ok := m.ids[id]
	if !ok {
		return strconv.Quote(id)
	}
	s := strconv.Quote(e.Manager)
	if e.Subresource != "" {
		s += " with subresource " + strconv.Quote(e.Subresource)
	}
	if e.Operation != metav1.ManagedFieldsOperationUpdate {
		return s
	}
	if e.Time == nil {
		return s + " using " + e.APIVersion
	}
	return s + " using " + e.APIVersion + " at " + e.Time.UTC().Format(time.RFC3339)
}
