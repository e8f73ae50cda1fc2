package runtime

import (
	"strconv"
	"strings"
)

// agnhost's subcommand crd-conversion-webhook (test/images/agnhost/crd-conversion-webhook): it converts between
// stable.example.com/v1, which has hostPort, and v2, which has host and port.

const exampleGroup = "stable.example.com/"

func convert(_ *Container, rq Request) Reply {
	if rq.Path != "/crdconvert" {
		return elsewhere(rq)
	}
	return reviewed(rq, "apiextensions.k8s.io/", "ConversionReview", func(q *question) (any, Reply) {
		result := verdictStatus{Status: "Success"}
		for _, o := range q.Objects {
			if result.Message = convertExample(o, q.DesiredAPIVersion); result.Message != "" {
				result.Status, q.Objects = "Failure", nil
				break
			}
			o["apiVersion"] = q.DesiredAPIVersion
		}
		return map[string]any{"uid": q.UID, "result": result, "convertedObjects": q.Objects}, Reply{Status: 200}
	})
}

// convertExample converts in place, or says why it cannot.
func convertExample(o map[string]any, to string) string {
	from, _ := o["apiVersion"].(string)
	unexpected := func(version string) string { return "unexpected conversion version " + strconv.Quote(version) }
	switch {
	case from == to:
		return "conversion from a version to itself should not call the webhook: " + to
	case from != exampleGroup+"v1" && from != exampleGroup+"v2":
		return unexpected(from)
	case to != exampleGroup+"v1" && to != exampleGroup+"v2":
		return unexpected(to)
	case from == exampleGroup+"v1":
		value, ok := o["hostPort"]
		if !ok {
			return ""
		}
		text, _ := value.(string)
		parts := strings.Split(text, ":")
		if len(parts) != 2 {
			return "invalid hostPort value `" + text + "`"
		}
		delete(o, "hostPort")
		o["host"], o["port"] = parts[0], parts[1]
	default:
		host, hasHost := o["host"].(string)
		port, hasPort := o["port"].(string)
		if hasHost || hasPort {
			o["hostPort"] = host + ":" + port
			delete(o, "host")
			delete(o, "port")
		}
	}
	return ""
}
