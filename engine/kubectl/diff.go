package kubectl

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"tabernetes/engine/api"
)

func diffCommand() *command {
	return &command{name: "diff", use: "-f FILENAME", short: "Diff the live version against a would-be applied version",
		flags: fileFlags + selectorFlags + "server-side:b force-conflicts:b field-manager:s show-managed-fields:b show-secrets:b concurrency:i=1 prune:b", run: runDiff}
}

// runDiff shows what apply would change: the live objects against what a dry run on the server makes of them. It ends
// with 1 when there are differences and with more when something went wrong (kubectl/pkg/cmd/diff).
func runDiff(c *cmd) {
	d := &differ{c: c, a: &applier{c: c, dry: "server", format: &format{}, validation: "Ignore", quiet: true}}
	if c.f.bool("prune") {
		d.fail(errors.New("--prune is not part of this kubectl: use delete -f or delete -l"))
		return
	}
	files := c.f.list("filename")
	switch {
	case len(files) == 0:
		d.fail(errors.New("must specify one of -f and -k"))
		return
	case len(c.args) > 0:
		d.fail(fmt.Errorf("Unexpected args: %v\nSee 'kubectl diff -h' for help and examples", c.args))
		return
	}
	infos, errs, err := c.selected(files)
	if err != nil {
		d.fail(err)
		return
	}
	rng := c.sh.a.Rand()
	d.live, d.merged = "/tmp/LIVE-"+strconv.Itoa(int(rng.Uint32())), "/tmp/MERGED-"+strconv.Itoa(int(rng.Uint32()))
	each(len(infos), func(i int, next func()) {
		d.one(infos[i], func(err error) {
			if err != nil {
				errs = append(errs, err)
			}
			next()
		})
	}, func() {
		switch {
		case len(errs) > 0:
			d.fail(aggregate(errs))
		case d.differs:
			c.exit(1)
		default:
			c.exit(0)
		}
	})
}

// differ is one run of diff.
type differ struct {
	c            *cmd
	a            *applier
	live, merged string // the directories real kubectl compares
	differs      bool
}

// fail ends with more than 1: that means that there are differences.
func (d *differ) fail(err error) {
	d.c.errOut(errorText(err, d.c.sh.o.Server))
	d.c.exit(2)
}

func (d *differ) one(in *info, done func(error)) {
	c := d.c
	c.do(&api.Request{Verb: api.Get, Resource: in.res, Namespace: in.ns, Name: in.name}, func(r *api.Response) {
		if r.Err != nil && !apierrors.IsNotFound(r.Err) {
			done(r.Err)
			return
		}
		live := r.Object
		finish := func(err error) {
			if err == nil {
				err = d.show(in, live, in.obj)
			}
			done(err)
		}
		switch {
		case c.f.bool("server-side"):
			body, err := json.Marshal(in.raw)
			if err != nil {
				done(err)
				return
			}
			c.do(&api.Request{Verb: api.Patch, Resource: in.res, Namespace: in.ns, Name: in.name, PatchType: types.ApplyPatchType, Patch: body,
				FieldManager: d.a.manager("kubectl"), Force: c.f.bool("force-conflicts"), DryRun: true}, func(r *api.Response) {
				in.obj = r.Object
				finish(r.Err)
			})
		case live == nil:
			d.a.createNew(in, finish)
		default:
			d.a.patch(in, live, withLastApplied(in.raw), 1, finish)
		}
	})
}

// show prints how two versions of an object differ, as diff -u -N prints it of two directories.
func (d *differ) show(in *info, live, merged api.Object) error {
	f := d.a.format
	f.managed = d.c.f.bool("show-managed-fields")
	var from, to map[string]any
	if live != nil {
		from = f.content(in.res, live)
	}
	to = f.content(in.res, merged)
	if in.res == api.Secrets && !d.c.f.bool("show-secrets") {
		maskData(from, to)
	}
	a, err := document(from)
	if err != nil {
		return err
	}
	b, err := document(to)
	if err != nil {
		return err
	}
	hunks := unified(a, b)
	if hunks == "" {
		return nil
	}
	d.differs = true
	name := in.res.Version + "." + in.res.Kind + "." + in.ns + "." + in.name
	if in.res.Group != "" {
		name = in.res.Group + "." + name
	}
	stamp := d.c.sh.a.Wall().Format("2006-01-02 15:04:05.000000000 -0700")
	x, y := d.live+"/"+name, d.merged+"/"+name
	d.c.printf("diff -u -N %s %s\n--- %s\t%s\n+++ %s\t%s\n%s", x, y, x, stamp, y, stamp, hunks)
	return nil
}

func document(m map[string]any) (string, error) {
	if m == nil {
		return "", nil
	}
	b, err := yaml.Marshal(m)
	return string(b), err
}

// maskData hides the values of a Secret but not which of them differ.
func maskData(from, to map[string]any) {
	old, _ := from["data"].(map[string]any)
	now, _ := to["data"].(map[string]any)
	for k, v := range old {
		w, both := now[k]
		switch {
		case both && v != w:
			old[k], now[k] = "*** (before)", "*** (after)"
		case both:
			old[k], now[k] = "***", "***"
		default:
			old[k] = "***"
		}
	}
	for k := range now {
		if _, both := old[k]; !both {
			now[k] = "***"
		}
	}
}
