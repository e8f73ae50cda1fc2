// Command wirecheck prints what protobuf makes of many random messages of raft. It is run with protobuf-go and with
// slim's stand-in for it: the outputs must be the same.
package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"sort"

	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"
)

func main() {
	w := bufio.NewWriter(os.Stdout)
	defer w.Flush()
	r := rand.New(rand.NewPCG(1, 2))
	fresh := []func() proto.Message{
		func() proto.Message { return new(pb.Entry) },
		func() proto.Message { return new(pb.SnapshotMetadata) },
		func() proto.Message { return new(pb.Snapshot) },
		func() proto.Message { return new(pb.Message) },
		func() proto.Message { return new(pb.HardState) },
		func() proto.Message { return new(pb.ConfState) },
		func() proto.Message { return new(pb.ConfChange) },
		func() proto.Message { return new(pb.ConfChangeSingle) },
		func() proto.Message { return new(pb.ConfChangeV2) },
	}
	for _, none := range []proto.Message{(*pb.Snapshot)(nil), (*pb.Entry)(nil), (*pb.ConfChangeV2)(nil)} {
		b, err := proto.Marshal(none)
		c := proto.Clone(none)
		fmt.Fprintf(w, "nil %T size=%d bytes=%v err=%v clone=%T %v equal=%v %v\n", none, proto.Size(none), b, err, c, reflect.ValueOf(c).IsNil(),
			proto.Equal(none, none), proto.Equal(none, fresh[2]()))
	}
	for range 300 {
		for i, f := range fresh {
			m, other := f(), f()
			fill(r, reflect.ValueOf(m).Elem(), 3)
			fill(r, reflect.ValueOf(other).Elem(), 3)
			b, err := proto.Marshal(m)
			fmt.Fprintf(w, "%T size=%d err=%v bytes=%x nil=%v\n", m, proto.Size(m), err, b, b == nil)
			clone := proto.Clone(m)
			fmt.Fprintf(w, "clone %s\n", dump(reflect.ValueOf(clone)))
			fmt.Fprintf(w, "equal %v %v %v\n", proto.Equal(m, clone), proto.Equal(m, other), proto.Equal(m, fresh[(i+1)%len(fresh)]()))
			err = proto.Unmarshal(b, other)
			fmt.Fprintf(w, "read %v %s\n", err, dump(reflect.ValueOf(other)))
			if n := len(b); n > 0 {
				// Bytes cut off: an error, or a message that ends earlier.
				err = proto.Unmarshal(b[:r.IntN(n)], other)
				fmt.Fprintf(w, "cut %v", err != nil)
				if err == nil {
					fmt.Fprintf(w, " %s", dump(reflect.ValueOf(other)))
				}
				// One message after the other is both merged.
				err = proto.Unmarshal(append(b[:n:n], b...), other)
				fmt.Fprintf(w, "\ntwice %v %s\n", err, dump(reflect.ValueOf(other)))
			}
		}
	}
}

// fill sets fields at random, some to the zero value and some not at all.
func fill(r *rand.Rand, v reflect.Value, depth int) {
	for i := range v.NumField() {
		f := v.Field(i)
		if !v.Type().Field(i).IsExported() || r.IntN(4) == 0 {
			continue
		}
		switch {
		case f.Type().Elem().Kind() == reflect.Struct:
			if depth > 0 {
				f.Set(reflect.New(f.Type().Elem()))
				fill(r, f.Elem(), depth-1)
			}
		case f.Kind() == reflect.Pointer:
			f.Set(reflect.New(f.Type().Elem()))
			scalar(r, f.Elem())
		case f.Type().Elem().Kind() == reflect.Uint8:
			b := make([]byte, []int{0, 1, 5, 127, 128, 300}[r.IntN(6)])
			for i := range b {
				b[i] = byte(r.IntN(256))
			}
			f.Set(reflect.ValueOf(b))
		default:
			n := r.IntN(4)
			f.Set(reflect.MakeSlice(f.Type(), 0, n))
			for range n {
				e := reflect.New(f.Type().Elem()).Elem()
				if e.Kind() == reflect.Pointer {
					e.Set(reflect.New(e.Type().Elem()))
					if depth > 0 {
						fill(r, e.Elem(), depth-1)
					}
				} else {
					scalar(r, e)
				}
				f.Set(reflect.Append(f, e))
			}
		}
	}
}

func scalar(r *rand.Rand, v reflect.Value) {
	switch v.Kind() {
	case reflect.Uint64:
		v.SetUint(r.Uint64() >> r.IntN(64) >> r.IntN(2))
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int32:
		v.SetInt(int64(r.IntN(3))) // values that every enum has
	default:
		panic(v.Type().String())
	}
}

// dump writes every exported field, nil told from empty.
func dump(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return "nil"
		}
		return "&" + dump(v.Elem())
	case reflect.Struct:
		var fields []string
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				fields = append(fields, f.Name+":"+dump(v.Field(i)))
			}
		}
		sort.Strings(fields)
		return fmt.Sprint(fields)
	case reflect.Slice:
		if v.IsNil() {
			return "nil"
		}
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return fmt.Sprintf("%x.", v.Bytes())
		}
		var elems []string
		for i := range v.Len() {
			elems = append(elems, dump(v.Index(i)))
		}
		return fmt.Sprint(elems)
	}
	return fmt.Sprint(v.Interface())
}
