package apiserver

import (
	"net/http"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tabernetes/engine/api"
)

// same reports that an update changes nothing, in which case nothing is written (etcd3/store.go, GuaranteedUpdate).
func same(a, b api.Object) bool { return equality.Semantic.DeepEqual(a, b) }

func unsupportedPatch(t types.PatchType) metav1.Status {
	return metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusUnsupportedMediaType, Reason: metav1.StatusReasonUnsupportedMediaType,
		Message: "the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json",
	}
}
