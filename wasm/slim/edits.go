package main

import (
	"os"
	"path/filepath"
)

// edits are the modules of the slim build. What leaves, and who held on to it:
//
//   - Protobuf of Kubernetes' types: objects here are shared by pointer or travel as JSON. Their String methods
//     satisfy fmt.Stringer, so the linker keeps them all.
//   - Protobuf's runtime: raft's messages are made of it, and it calls methods through reflection. The messages
//     never leave the process.
//   - runtime.Scheme and what registers with it, which keeps every type of an API group and all conversions: the engine
//     has a table of resources instead (engine/api).
//   - net/http with crypto/tls: apimachinery takes http.DefaultTransport, status codes and one error from it.
//   - CBOR: types have MarshalCBOR methods; the engine speaks JSON.
//   - json-iterator: structured-merge-diff reads and writes values with it; here only its reflection cache serves.
//   - klog with log/slog, flag and os/user.
//   - The documentation of fields, which a program fills its maps with at the start, read or not: only what the engine
//     asks for stays.
//   - Protobuf's tags of struct fields.
//   - The generated deep copies of Kubernetes' types: stubs/deepcopy does it by reflection.
//   - The encoder of sigs.k8s.io/json: its decoder's table of fields names it.
var edits = []module{
	{
		path:   "k8s.io/api",
		docs:   map[string]bool{},
		copies: true,
		tags:   true,
		drop: []string{"*/*/generated.pb.go", "*/*/zz_generated.model_name.go", "*/*/zz_generated.prerelease-lifecycle.go",
			"scheduling/*/zz_generated.validations.go"},
		cut: map[string][]string{"*/*/register.go": {"SchemeBuilder", "localSchemeBuilder", "AddToScheme", "addKnownTypes"}},
	},
	{
		path: "k8s.io/apimachinery",
		docs: map[string]bool{},
		tags: true,
		drop: []string{
			"pkg/apis/*/*/generated.pb.go",
			"pkg/apis/meta/v1/conversion.go", "pkg/apis/meta/v1/zz_generated.conversion.go", "pkg/apis/meta/v1/zz_generated.defaults.go",
			"pkg/apis/meta/v1/time_proto.go", "pkg/apis/meta/v1/micro_time_proto.go",
			"pkg/api/resource/generated.pb.go", "pkg/api/resource/quantity_proto.go",
			"pkg/util/intstr/generated.pb.go", "pkg/runtime/generated.pb.go", "pkg/runtime/types_proto.go",
			"pkg/runtime/schema/generated.pb.go",
			"pkg/runtime/swagger_doc_generator.go", // go/ast and go/doc
			"pkg/*/zz_generated.model_name.go", "pkg/*/*/zz_generated.model_name.go", "pkg/*/*/*/zz_generated.model_name.go",
			"pkg/watch/streamwatcher.go", // pkg/util/net: net/http and http2
			"pkg/runtime/serializer/cbor/direct/direct.go",
		},
		cut: map[string][]string{
			"pkg/util/runtime/runtime.go":               {"ErrorToString"}, // klog's text logger
			"pkg/apis/meta/v1/fieldsv1.go":              {"FieldsV1.Marshal", "FieldsV1.MarshalTo", "FieldsV1.MarshalToSizedBuffer", "FieldsV1.Size", "FieldsV1.Unmarshal"},
			"pkg/apis/meta/v1/register.go":              {"localSchemeBuilder", "schemeBuilder", "scheme", "ParameterCodec", "optionsTypes", "AddToGroupVersion", "AddMetaToScheme", "init"},
			"pkg/apis/meta/v1/zz_generated.deepcopy.go": {"Timestamp.DeepCopyInto", "Timestamp.DeepCopy"},
		},
		swap: map[string][][2]string{
			"pkg/util/runtime/runtime.go": {{"if r == http.ErrAbortHandler {", "if false {"}},
			"pkg/api/errors/errors.go":    {{`"net/http"`, `"k8s.io/apimachinery/pkg/api/errors/http"`}},
		},
		add: map[string]func(*module) ([]byte, error){
			"pkg/api/errors/http/status.go":                httpFile("status.go"),
			"pkg/api/errors/http/method.go":                httpFile("method.go"),
			"pkg/runtime/serializer/cbor/direct/direct.go": stubFile("cbor/direct.go"),
			"pkg/util/deepcopy/deepcopy.go":                stubFile("deepcopy/deepcopy.go"),
			"pkg/util/swaggerdoc/swaggerdoc.go":            stubFile("swaggerdoc/swaggerdoc.go"),
			"pkg/util/swaggerdoc/table.go":                 docTable,
		},
	},
	{path: "k8s.io/klog/v2", stub: "wasm/slim/stubs/klog"},
	{path: "google.golang.org/protobuf", stub: "wasm/slim/stubs/protobuf"},
	{
		path: "go.etcd.io/raft/v3",
		drop: []string{"raftpb/raft.pb.go"},
		swap: map[string][][2]string{
			// Entropy for a timeout that the engine draws itself (engine/etcd/election.go), from half of package crypto.
			"raft.go": {
				{"v, _ := rand.Int(rand.Reader, big.NewInt(int64(n)))", "v := rand.IntN(n)"},
				{"return int(v.Int64())", "return v"},
				{`"crypto/rand"`, `"math/rand/v2"`},
			},
		},
		add: map[string]func(*module) ([]byte, error){"raftpb/raft.go": plainMessages},
	},
	{
		path: "sigs.k8s.io/structured-merge-diff/v6",
		drop: []string{"fieldpath/serialize.go", "fieldpath/serialize-pe.go"}, // engine/api/fieldmanager has a codec of its own
		cut: map[string][]string{
			"value/value.go": {"readPool", "writePool", "FromJSON", "FromJSONFast", "ToJSON", "readJSONIter", "writeJSONStream", "ToYAML"},
			// Two schemas that are read from YAML at every start, for parsers that nobody asks for.
			"typed/parser.go": {"create", "createOrDie", "ssParser", "NewParser", "DeducedParseableType"},
		},
	},
	{
		path: "sigs.k8s.io/json",
		swap: map[string][][2]string{
			"internal/golang/encoding/json/encode.go": {{"f.encoder = typeEncoder(typeByIndex(t, f.index))", "_ = f"}},
		},
	},
}

// stubFile is a file of stubs.
func stubFile(name string) func(*module) ([]byte, error) {
	return func(*module) ([]byte, error) {
		return os.ReadFile(filepath.Join("wasm", "slim", "stubs", filepath.FromSlash(name)))
	}
}

// httpFile is one of net/http's own files, of constants only.
func httpFile(name string) func(*module) ([]byte, error) {
	return func(*module) ([]byte, error) {
		root, err := goTool("env", "GOROOT")
		if err != nil {
			return nil, err
		}
		return os.ReadFile(filepath.Join(root, "src", "net", "http", name))
	}
}
