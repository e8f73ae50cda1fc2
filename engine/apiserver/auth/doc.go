// Package auth decides who somebody is and what they may do: the authentication and authorization chain of
// kube-apiserver, without the server.
//
// In a real cluster a request passes three filters before anything looks at it. Authentication turns a client
// certificate or a bearer token into a user with groups; impersonation lets some users act as others; authorization
// asks a chain of authorizers (system:masters, Node, RBAC) until one says yes. All three are here as functions of their
// arguments and of a Policy, an index of the roles and bindings that the server feeds from its watch caches.
//
// Real are: the rules of RBAC with the texts of their reasons, the Node authorizer's graph of what belongs to a node,
// service-account tokens as signed JSON Web Tokens that name the object they are bound to, constrained and plain
// impersonation, and the roles and bindings every cluster starts with (policy.txt, the same as upstream's, followed by
// kubeadm's). Simulated is the certificate: a component says its user name, and the groups are those that kubeadm's
// certificate for that name would carry. Tokens are signed with HMAC-SHA256 instead of RSA: the key never leaves the
// API servers, so nobody misses the public half, and it costs no bytes that are not there anyway.
//
// The package reads Roles, ClusterRoles and their bindings, Pods and PersistentVolumes as its caller hands them over; it
// writes nothing.
package auth
