//go:build js && wasm

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strconv"
	"syscall/js"
	"time"

	"github.com/syumai/workers"
	"github.com/syumai/workers/cloudflare"
	"github.com/syumai/workers/cloudflare/fetch"

	"tabernetes/web/share"
)

// defaultDays is how long a link lives if LINKS_DAYS does not say it.
const defaultDays = 90

func main() {
	conf, err := config()
	if err != nil {
		// Told to whoever set it up; what is asked for meanwhile gets an error and no half of a service.
		fmt.Fprintln(os.Stderr, "worker:", err)
		workers.Serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "this host is not set up", http.StatusServiceUnavailable)
		}))
		return
	}
	workers.Serve(share.New(conf))
}

func config() (share.Config, error) {
	conf := share.Config{
		Origin: cloudflare.Getenv("ORIGIN"), Keep: defaultDays * 24 * time.Hour, Files: asset,
		Log: func(text string) { fmt.Fprintln(os.Stderr, "worker:", text) },
	}
	if text := cloudflare.Getenv("LINKS_DAYS"); text != "" {
		days, err := strconv.Atoi(text)
		if err != nil || days < 0 || days > 36_500 {
			return conf, fmt.Errorf("LINKS_DAYS %q: want a whole number from 0 to 36500", text)
		}
		conf.Keep = time.Duration(days) * 24 * time.Hour
	}
	if kv := cloudflare.GetBinding("LINKS"); !kv.IsUndefined() {
		limit := cloudflare.GetBinding("LINKS_LIMIT")
		if limit.IsUndefined() {
			return conf, errors.New("LINKS needs LINKS_LIMIT: without a limit anybody could fill it")
		}
		conf.Links, conf.Limiter = namespace{kv}, limiter{limit}
	}
	return conf, nil
}

// await waits for a promise. It is here, and not the library's, because that one turns the null of a missing KV key into the
// string "<null>".
func await(ctx context.Context, p js.Value) (js.Value, error) {
	type outcome struct {
		v   js.Value
		err error
	}
	done := make(chan outcome, 1)
	then := js.FuncOf(func(_ js.Value, args []js.Value) any { done <- outcome{v: args[0]}; return nil })
	defer then.Release()
	failed := js.FuncOf(func(_ js.Value, args []js.Value) any {
		done <- outcome{err: errors.New(js.Global().Get("String").Invoke(args[0]).String())}
		return nil
	})
	defer failed.Release()
	p.Call("then", then, failed)
	select {
	case o := <-done:
		return o.v, o.err
	case <-ctx.Done():
		return js.Value{}, ctx.Err()
	}
}

// call calls a method that answers with a promise; what it throws is an error.
func call(ctx context.Context, of js.Value, method string, args ...any) (v js.Value, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: %v", method, p)
		}
	}()
	return await(ctx, of.Call(method, args...))
}

// namespace is a KV namespace as a share.Store. KV forgets links itself when they end.
type namespace struct{ kv js.Value }

func (n namespace) Get(ctx context.Context, id string) (share.Link, error) {
	v, err := call(ctx, n.kv, "get", id, "text")
	if err != nil {
		return share.Link{}, err
	}
	if v.Type() != js.TypeString {
		return share.Link{}, share.ErrNotFound
	}
	return share.ParseRecord(v.String())
}

// leastLife is what KV demands of an expiration.
const leastLife = time.Minute

func (n namespace) Put(ctx context.Context, id string, l share.Link) error {
	options := map[string]any{}
	if !l.Expires.IsZero() {
		options["expirationTtl"] = int(max(leastLife, time.Until(l.Expires)) / time.Second)
	}
	_, err := call(ctx, n.kv, "put", id, l.Record(), options)
	return err
}

// limiter is a rate limiting binding as a share.Limiter.
type limiter struct{ binding js.Value }

func (l limiter) Allow(ctx context.Context, client string) (bool, time.Duration, error) {
	v, err := call(ctx, l.binding, "limit", map[string]any{"key": client})
	if err != nil {
		return false, 0, err
	}
	return v.Get("success").Truthy(), limitPeriod, nil
}

// limitPeriod is the period in wrangler.toml: the binding does not say when it allows the next.
const limitPeriod = time.Minute

// maxAsset bounds what is read of a file.
const maxAsset = 4 << 20

// asset reads a file of the page, which the platform has.
func asset(ctx context.Context, name string) ([]byte, error) {
	binding := cloudflare.GetBinding("ASSETS")
	if binding.IsUndefined() {
		return nil, fs.ErrNotExist
	}
	// The host is of no meaning to the binding, but an address needs one.
	r, err := fetch.NewRequest(ctx, http.MethodGet, "https://assets.invalid/"+name, nil)
	if err != nil {
		return nil, err
	}
	resp, err := fetch.NewClient(fetch.WithBinding(binding)).Do(r, nil)
	if err != nil {
		return nil, err
	}
	switch resp.StatusCode {
	case http.StatusOK:
		return io.ReadAll(io.LimitReader(resp.Body, maxAsset))
	case http.StatusNotFound:
		return nil, fs.ErrNotExist
	}
	return nil, fmt.Errorf("%s: %s", name, resp.Status)
}
