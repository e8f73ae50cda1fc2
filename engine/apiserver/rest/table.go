package rest

import (
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"tabernetes/engine/api"
	"tabernetes/engine/api/printers"
)

// tables makes the Tables of one request. A watch repeats the columns only with its first event.
type tables struct {
	s       *server
	c       *call
	version string
	include metav1.IncludeObjectPolicy
	headed  bool
}

func (s *server) tableFor(r *http.Request, c *call, out output) (*tables, error) {
	t := &tables{s: s, c: c, version: out.as.Version, include: metav1.IncludeObjectPolicy(r.URL.Query().Get("includeObject"))}
	switch t.include {
	case "", metav1.IncludeNone, metav1.IncludeMetadata, metav1.IncludeObject:
		return t, nil
	}
	return nil, apierrors.NewBadRequest(`Unable to convert to Table as requested: includeObject: Invalid value: "` + string(t.include) +
		`": must be 'Metadata', 'Object', 'None', or empty`)
}

func (t *tables) one(obj api.Object) *metav1.Table {
	return t.many([]api.Object{obj}, metav1.ListMeta{ResourceVersion: obj.GetResourceVersion()})
}

func (t *tables) many(items []api.Object, lm metav1.ListMeta) *metav1.Table {
	tb := &metav1.Table{
		TypeMeta: metav1.TypeMeta{APIVersion: metav1.GroupName + "/" + t.version, Kind: "Table"},
		ListMeta: lm, Rows: make([]metav1.TableRow, 0, len(items)),
	}
	kind := t.c.kind()
	if !t.headed {
		if tb.ColumnDefinitions = printers.Columns(kind.GroupKind()); t.c.resource.Custom != nil && t.c.subresource != "scale" {
			tb.ColumnDefinitions = printers.ColumnsOf(t.c.resource)
		}
	}
	now := t.s.opts.Now()
	for _, o := range items {
		row := printers.Row(o, now)
		switch t.include {
		case metav1.IncludeNone:
			row.Object = runtime.RawExtension{}
		case metav1.IncludeObject:
			row.Object = runtime.RawExtension{Object: named(o, kind)}
		default:
			row.Object = runtime.RawExtension{Object: partial(o, t.version)}
		}
		tb.Rows = append(tb.Rows, row)
	}
	return tb
}
