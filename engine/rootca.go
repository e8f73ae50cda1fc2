package engine

// rootCA is what kube-root-ca.crt holds in every namespace. It certifies nothing: inside the simulation nobody checks
// signatures, but pods that mount it find a file in the form they expect.
const rootCA = `-----BEGIN CERTIFICATE-----
VGFiZXJuZXRlczogYSBzaW11bGF0ZWQgY2x1c3RlciBoYXMgbm8ga2V5cyB0byBw
cm90ZWN0LCBzbyB0aGlzIGlzIG5vIHJlYWwgY2VydGlmaWNhdGUu
-----END CERTIFICATE-----
`
