package lesson

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"tabernetes/engine/sim"
)

// measures are what can be asked of the requests to a Service.
var measures = []string{"requests", "failed", "failedPercent", "share", "rps"}

// traffic is a figure of the requests to a Service.
type traffic struct {
	service, measure, version string
	window                    time.Duration // 0: since the step began
	test                      test
}

func (f *traffic) eval(k *look) (bool, *Texts) {
	since := k.since.At
	if f.window > 0 {
		since = max(0, k.c.Now()-sim.Time(f.window))
	}
	name := strings.TrimPrefix(f.service, "default/")
	rps, counts, _ := k.c.LoadSince(f.service, since)
	if f.measure == "rps" {
		return f.test.holds(decimal(rps)), say("%s gets %s requests a second", "%s 每秒收到 %s 个请求", name, decimal(rps))
	}
	ok, failed := 0, 0
	for _, version := range slices.Sorted(maps.Keys(counts)) {
		if f.version == "" || f.version == version || f.measure == "share" {
			ok += counts[version].OK
			failed += counts[version].Failed
		}
	}
	value := 0.0
	var fact *Texts
	switch all := ok + failed; f.measure {
	case "requests":
		value = float64(all)
		fact = say("%s requests to %s are over", "发往 %[2]s 的请求已完成 %[1]s 个", decimal(value), name)
	case "failed":
		value = float64(failed)
		fact = say("%s of %d requests to %s failed", "发往 %[3]s 的 %[2]d 个请求中失败了 %[1]s 个", decimal(value), all, name)
	case "failedPercent":
		if all > 0 {
			value = 100 * float64(failed) / float64(all)
		}
		fact = say("%s %% of %d requests to %s failed", "发往 %[3]s 的 %[2]d 个请求中有 %[1]s%% 失败", decimal(value), all, name)
	case "share":
		if ok == 0 {
			return false, f.within(say("no request to %s was answered", "发往 %s 的请求没有一个得到应答", name))
		}
		value = 100 * float64(counts[f.version].OK) / float64(ok)
		fact = say("%s answered %s %% of the requests to %s", "发往 %[3]s 的请求有 %[2]s%% 由 %[1]s 应答", f.version, decimal(value), name)
	}
	if f.version != "" && f.measure != "share" {
		fact = &Texts{fact.EN + " by " + f.version, fact.ZH + "（" + f.version + "）"}
	}
	return f.test.holds(strconv.FormatFloat(value, 'f', -1, 64)), f.within(fact)
}

// within says of which time a fact tells.
func (f *traffic) within(t *Texts) *Texts {
	if f.window == 0 {
		return &Texts{t.EN + " since the step began", "这一步开始以来，" + t.ZH}
	}
	return &Texts{t.EN + " in the last " + f.window.String(), "最近 " + f.window.String() + " 里，" + t.ZH}
}

// decimal is a number with at most one digit behind the point.
func decimal(v float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}
