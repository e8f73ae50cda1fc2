package kubectl

import (
	"fmt"
	"slices"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tabernetes/engine/api"
)

func certificateCommand() *command {
	flags := printFlags + fileFlags + "force:b"
	return &command{name: "certificate", use: "SUBCOMMAND", short: "Modify certificate resources", subs: []*command{
		{name: "approve", use: "(-f FILENAME | NAME)", short: "Approve a certificate signing request", flags: flags,
			run: decideCertificate("approved", certificatesv1.CertificateApproved, certificatesv1.CertificateDenied, "KubectlApprove", "This CSR was approved by kubectl certificate approve.")},
		{name: "deny", use: "(-f FILENAME | NAME)", short: "Deny a certificate signing request", flags: flags,
			run: decideCertificate("denied", certificatesv1.CertificateDenied, certificatesv1.CertificateApproved, "KubectlDeny", "This CSR was denied by kubectl certificate deny.")},
	}}
}

// maxDecisions is how often a decision is sent again when somebody else changes the request meanwhile.
const maxDecisions = 10

// decideCertificate is certificate approve and deny: it adds a condition through the approval subresource.
func decideCertificate(done string, add, not certificatesv1.RequestConditionType, reason, message string) func(*cmd) {
	return func(c *cmd) {
		f, err := c.format(objectFormats)
		if err != nil {
			c.fail(err)
			return
		}
		names := c.args
		var errs []error
		if files := c.f.list("filename"); len(files) > 0 {
			infos, failed := c.manifests(files)
			errs = failed
			for _, in := range infos {
				if in.res != api.CertificateSigningRequests {
					c.failf("can only handle CertificateSigningRequest.certificates.k8s.io objects, got %s", in.res.GVK().GroupKind().String())
					return
				}
				names = append(names, in.name)
			}
		} else if len(names) == 0 {
			c.failf("one or more CSRs must be specified as <name> or -f <filename>")
			return
		}
		found := 0
		each(len(names), func(i int, next func()) {
			in := &info{res: api.CertificateSigningRequests, name: names[i]}
			c.decide(in, certificatesv1.CertificateSigningRequestCondition{Type: add, Status: corev1.ConditionTrue, Reason: reason, Message: message}, not, 0, func(err error) {
				if err != nil {
					errs = append(errs, err)
				} else {
					found++
					c.did(f, in, done, "none")
				}
				next()
			})
		}, func() {
			if found == 0 && len(errs) == 0 {
				c.out("No resources found\n")
			}
			c.end(errs...)
		})
	}
}

func (c *cmd) decide(in *info, add certificatesv1.CertificateSigningRequestCondition, not certificatesv1.RequestConditionType, attempt int, then func(error)) {
	c.do(&api.Request{Verb: api.Get, Resource: in.res, Name: in.name}, func(r *api.Response) {
		if r.Err != nil {
			then(r.Err)
			return
		}
		in.obj = r.Object
		old := r.Object.(*certificatesv1.CertificateSigningRequest)
		has := false
		for _, cond := range old.Status.Conditions {
			if cond.Type == not {
				then(fmt.Errorf("certificate signing request %q is already %s", old.Name, string(cond.Type)))
				return
			}
			has = has || cond.Type == add.Type
		}
		if has && !c.f.bool("force") {
			then(nil)
			return
		}
		csr := api.Copy(old)
		if !has {
			add.LastUpdateTime = metav1.Time{Time: c.sh.a.Wall().Truncate(1e9)}
			csr.Status.Conditions = append(slices.Clone(csr.Status.Conditions), add)
		}
		c.do(&api.Request{Verb: api.Update, Resource: in.res, Subresource: "approval", Name: in.name, Object: csr}, func(r *api.Response) {
			if isConflict(r.Err) && attempt < maxDecisions {
				c.decide(in, add, not, attempt+1, then)
				return
			}
			then(r.Err)
		})
	})
}
