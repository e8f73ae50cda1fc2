package kubectl

import (
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// createRegistrySecret is create secret docker-registry: what docker login writes, as a Secret.
func createRegistrySecret(c *cmd) {
	name, ok := c.oneName()
	if !ok {
		return
	}
	s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}, Type: corev1.SecretTypeDockerConfigJson, Data: map[string][]byte{}}
	user, password, server := c.f.str("docker-username"), c.f.str("docker-password"), c.f.str("docker-server")
	switch {
	case len(c.f.list("from-file")) > 0:
		entries, err := c.entries()
		if err != nil {
			c.fail(err)
			return
		}
		for _, e := range entries {
			s.Data[e.key] = []byte(e.value)
		}
	case user == "" || password == "" || server == "":
		c.failf("either --from-file or the combination of --docker-username, --docker-password and --docker-server is required")
		return
	default:
		type login struct {
			Username string `json:"username,omitempty"`
			Password string `json:"password,omitempty"`
			Email    string `json:"email,omitempty"`
			Auth     string `json:"auth,omitempty"`
		}
		text, err := json.Marshal(map[string]map[string]login{"auths": {server: {user, password, c.f.str("docker-email"),
			base64.StdEncoding.EncodeToString([]byte(user + ":" + password))}}})
		if err != nil {
			c.fail(err)
			return
		}
		s.Data[corev1.DockerConfigJsonKey] = text
	}
	c.createGenerated(s, failedTo("secret"))
}

// createTLSSecret is create secret tls. That certificate and key belong together real kubectl checks with crypto/tls, which
// the wasm has no room for; here both must be PEM.
func createTLSSecret(c *cmd) {
	name, ok := c.oneName()
	if !ok {
		return
	}
	if c.f.str("key") == "" || c.f.str("cert") == "" {
		c.failf("key and cert must be specified")
		return
	}
	read := func(flag, what string) ([]byte, error) {
		file := c.f.str(flag)
		text, ok := c.files[file]
		if !ok {
			return nil, fmt.Errorf("Cannot read file %v, open %v: no such file or directory", file, file)
		}
		if block, _ := pem.Decode([]byte(text)); block == nil {
			return nil, errors.New("tls: failed to find any PEM data in " + what + " input")
		}
		return []byte(text), nil
	}
	cert, err := read("cert", "certificate")
	var key []byte
	if err == nil {
		key, err = read("key", "key")
	}
	if err != nil {
		c.fail(err)
		return
	}
	c.createGenerated(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}, Type: corev1.SecretTypeTLS,
		Data: map[string][]byte{corev1.TLSCertKey: cert, corev1.TLSPrivateKeyKey: key}}, failedTo("secret"))
}
