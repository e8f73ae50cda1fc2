// Package kubectl is the command line of a person at a workstation: the everyday commands of kubectl v1.37 with the
// text that kubectl prints.
//
// In a real cluster kubectl is a program of its own, on a machine of its own, that speaks to the API server over HTTPS
// and knows nothing the API does not tell it. Here it is the same: a Shell lives on an actor, holds a client, and
// everything it shows comes from requests and watches of that client. What it leaves out is the wire: objects come as
// typed pointers, tables are drawn on this side, and a manifest that does not decode is refused here in the words of
// the server.
//
// Nothing blocks. A line runs as a Process; output comes in pieces as the cluster answers; commands that wait (rollout
// status, delete, wait, drain, get -w, logs -f) do so in virtual time, on watches and timers, until they are done or
// cancelled.
//
// The shell around it is a small one: quoting as POSIX has it, here-documents, pipes into the handful of filters that
// tutorials use, and the lists made of ;, && and ||. It has no variables, substitutions, loops or redirections, and
// says so.
//
// What a person does at the terminal while a command runs comes through Env: the text that an editor was left with (edit,
// create --edit, apply edit-last-applied) and the keys typed for a program in a container (exec, attach, run and debug with
// -i). Both may come at any later time; the caller logs them as inputs of the session. While port-forward runs, lines typed
// at it are lines of the workstation's shell, where curl reaches the forwarded ports; a person would open a second
// terminal. Files that cp brings stay on the workstation; cat shows them. Requests of --raw are paths, but no HTTP is spoken: the
// grammar of paths is shared with the HTTP surface (api/paths).
//
// Texts, exit codes and the order of requests follow k8s.io/kubectl and k8s.io/cli-runtime v0.37.
package kubectl
