package kubectl

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/api"
	"tabernetes/engine/ustar"
)

func cpCommand() *command {
	return &command{name: "cp", use: "<file-spec-src> <file-spec-dest>", short: "Copy files and directories to and from containers",
		flags: "container/c:s no-preserve:b retries:i=0", run: runCp}
}

// fileSpec is one side of cp: a file of the workstation, or of a pod.
type fileSpec struct{ namespace, pod, file string }

func parseFileSpec(arg string) (fileSpec, error) {
	pod, file, remote := strings.Cut(arg, ":")
	if !remote {
		return fileSpec{file: arg}, nil
	}
	parts := strings.Split(pod, "/")
	switch {
	case pod == "" || len(parts) > 2:
		return fileSpec{}, errors.New("filespec must match the canonical format: [[namespace/]pod:]file/path")
	case len(parts) == 2:
		return fileSpec{parts[0], parts[1], file}, nil
	}
	return fileSpec{pod: pod, file: file}, nil
}

// runCp is cp (kubectl/pkg/cmd/cp): tar in the container at the other end of an exec.
func runCp(c *cmd) {
	if len(c.args) != 2 {
		c.failf("source and destination are required")
		return
	}
	src, err := parseFileSpec(c.args[0])
	var dest fileSpec
	if err == nil {
		dest, err = parseFileSpec(c.args[1])
	}
	switch {
	case err != nil:
		c.fail(err)
	case src.pod != "" && dest.pod != "":
		c.failf("one of src or dest must be a local file specification")
	case src.file == "" || dest.file == "":
		c.failf("filepath can not be empty")
	case src.pod != "":
		c.copyFromPod(src, dest)
	case dest.pod != "":
		c.copyToPod(src, dest)
	default:
		c.failf("one of src or dest must be a remote file specification")
	}
}

// inPod runs a command in the pod of a file; input "" is none.
func (c *cmd) inPod(f fileSpec, command []string, input string, out, errOut func(string), done func(error)) {
	ns := f.namespace
	if ns == "" {
		ns = c.ns
	}
	c.do(&api.Request{Verb: api.Get, Resource: api.Pods, Namespace: ns, Name: f.pod}, func(resp *api.Response) {
		if resp.Err != nil {
			done(resp.Err)
			return
		}
		pod := resp.Object.(*corev1.Pod)
		if podOver(pod) {
			done(fmt.Errorf("cannot exec into a container in a completed pod; current phase is %s", pod.Status.Phase))
			return
		}
		container, err := c.execContainer(pod)
		if err != nil {
			done(err)
			return
		}
		r := c.connect("exec", ns, f.pod, api.StreamOptions{Container: container, Command: command, Stdin: input != "", Stdout: true, Stderr: true}, done)
		r.out, r.err = out, errOut
		if input != "" {
			r.input(input)
		}
	})
}

func (c *cmd) copyToPod(src, dest fileSpec) {
	base := path.Base(path.Clean(src.file))
	members := c.local(src.file)
	if members == nil {
		c.failf("%s doesn't exist in local filesystem", src.file)
		return
	}
	quiet := func(string) {}
	c.inPod(dest, []string{"test", "-d", dest.file}, "", quiet, quiet, func(err error) {
		to := path.Clean(dest.file)
		if err == nil {
			to = path.Join(to, base)
		}
		for i := range members {
			members[i].Name = path.Join(path.Base(to), members[i].Name)
			members[i].ModTime = c.sh.a.Wall().Unix()
		}
		command := []string{"tar"}
		if c.f.bool("no-preserve") {
			command = append(command, "--no-same-permissions", "--no-same-owner")
		}
		c.inPod(dest, append(command, "-xmf", "-", "-C", path.Dir(to)), ustar.Write(members), c.out, c.errOut, c.left)
	})
}

// local are the files of the workstation at or below a name, named relative to it; nil if there are none.
func (c *cmd) local(name string) (out []ustar.Entry) {
	name = path.Clean(name)
	for file, text := range c.files {
		if file = path.Clean(file); file == name {
			return []ustar.Entry{{Data: text}}
		} else if rest, ok := strings.CutPrefix(file, name+"/"); ok {
			out = append(out, ustar.Entry{Name: rest, Data: text})
		}
	}
	slices.SortFunc(out, func(a, b ustar.Entry) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func (c *cmd) copyFromPod(src, dest fileSpec) {
	prefix := strings.TrimLeft(path.Clean(strings.TrimLeft(src.file, "/")), "/")
	for strings.HasPrefix(prefix, "../") {
		prefix = prefix[3:]
	}
	if prefix == "." || prefix == ".." {
		prefix = ""
	}
	var archive strings.Builder
	// What tar complains of goes where its output would.
	c.inPod(src, []string{"tar", "cf", "-", src.file}, "", func(s string) { archive.WriteString(s) }, c.out, func(err error) {
		entries, bad := ustar.Read(archive.String())
		if err != nil {
			c.left(err)
			return
		}
		for _, e := range entries {
			if bad == nil && !strings.HasPrefix(e.Name, prefix) {
				bad = errors.New("tar contents corrupted")
			}
			if bad != nil {
				break
			}
			to := path.Join(dest.file, e.Name[len(prefix):])
			switch {
			case e.Link != "":
				c.errf("warning: skipping symlink: %q -> %q\n", to, e.Link)
			case !e.Dir:
				c.sh.keep(to, e.Data)
			}
		}
		c.end(bad)
	})
}
