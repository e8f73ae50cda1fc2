// Command recovers does what reads a program's tables of functions: it grows stacks, collects garbage from frames deep
// down, panics through deferred functions of every form and recovers. Its output must be the same with and without
// strip.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
)

type node struct {
	next *node
	data [7]int
}

// deep holds pointers in many frames while the collector runs below.
func deep(n int, list *node) int {
	local := &node{next: list, data: [7]int{n}}
	if n == 0 {
		runtime.GC()
		sum := 0
		for p := local; p != nil; p = p.next {
			sum += p.data[0]
		}
		return sum
	}
	got := deep(n-1, local)
	return got + local.data[0] - n
}

type closer struct{ log *[]string }

func (c closer) Close() { *c.log = append(*c.log, fmt.Sprint("closed ", recover())) }

// asWrapper is deferred through a wrapper that the compiler makes for the interface's method.
type asWrapper interface{ Close() }

func notDirectly() any { return recover() }

func through(form string) (log []string) {
	defer func() {
		if r := recover(); r != nil {
			log = append(log, fmt.Sprint("outer ", r))
		}
	}()
	var c asWrapper = closer{&log}
	switch form {
	case "method":
		defer closer{&log}.Close()
	case "interface":
		defer c.Close()
	case "value":
		f := c.Close
		defer f()
	case "indirect": // recovers nothing: notDirectly is not the deferred function
		defer func() { log = append(log, fmt.Sprint("indirect ", notDirectly())) }()
	case "loop":
		for i := range 3 {
			defer func() { log = append(log, fmt.Sprint(i)) }()
		}
	case "again":
		defer func() { panic(fmt.Sprint("second after ", recover())) }()
	}
	var m map[string]int
	switch form {
	case "interface":
		m["x"] = 1
	case "value":
		var p *node
		p.data[0] = 1
	case "loop":
		_ = make([]int, 3)[len(os.Args)+5]
	}
	panic(errors.New("direct"))
}

func main() {
	fmt.Println(deep(20000, nil))
	for _, form := range []string{"method", "interface", "value", "indirect", "loop", "again"} {
		fmt.Println(form, through(form))
	}
	func() {
		defer func() {
			recover()
			// names stay, places go
			fmt.Println(strings.Contains(string(debug.Stack()), "main.through"), strings.Contains(string(debug.Stack()), "main.deep"))
		}()
		var c chan int
		defer close(c)
		_ = through("")
	}()
	next := make(chan int)
	go func() {
		defer close(next)
		defer func() { next <- len(fmt.Sprint(recover())) }()
		next <- deep(5000, nil)
		panic("in a goroutine")
	}()
	for n := range next {
		fmt.Println(n)
	}
}
