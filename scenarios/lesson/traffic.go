package lesson

import (
	"strconv"
	"strings"

	"tabernetes/engine/sim"
)

// measures are what can be asked of the requests to a Service.
const measures = " requests failed failedPercent share rps "

// traffic holds when a figure of the requests to a Service is as wanted.
func (k *look) traffic(c *condition) (bool, *Texts) {
	since := k.since.At
	within := &Texts{"since the step began", "这一步开始以来"}
	if c.span > 0 {
		since = max(0, k.c.Now()-sim.Time(c.span))
		within = say("in the last $1", "最近 $1 里", c.span.String())
	}
	service := c.Traffic
	if !strings.Contains(service, "/") {
		service = "default/" + service
	}
	rps, counts, _ := k.c.LoadSince(service, since)
	all, failed, answered, by := 0, 0, 0, 0
	for version, n := range counts {
		answered += n.OK
		if c.Version == "" || c.Version == version {
			all += n.OK + n.Failed
			failed += n.Failed
			by += n.OK
		}
	}
	value, en, zh := 0.0, "", ""
	switch c.Measure {
	case "rps":
		value, en, zh = rps, "$2 gets $1 requests a second", "$2 每秒收到 $1 个请求"
	case "requests":
		value, en, zh = float64(all), "$1 requests to $2$4 are over $5", "$6，发往 $2 的请求$7完成了 $1 个"
	case "failed":
		value, en, zh = float64(failed), "$1 of $3 requests to $2$4 failed $5", "$6，发往 $2 的 $3 个请求$7失败了 $1 个"
	case "failedPercent":
		value, en, zh = percent(failed, all), "$1 % of $3 requests to $2$4 failed $5", "$6，发往 $2 的 $3 个请求$7有 $1% 失败"
	case "share":
		value, en, zh = percent(by, answered), "$1 % of the answered requests to $2 were answered by this version$4 $5", "$6，发往 $2 并得到应答的请求中，有 $1% 由这个版本$7应答"
		if answered == 0 {
			return false, say("no request to $1 was answered $2", "$3，发往 $1 的请求没有一个得到应答", c.Traffic, within.EN, within.ZH)
		}
	}
	version, versionZH := "", ""
	if c.Version != "" {
		version, versionZH = " ("+clip(c.Version)+")", "（"+clip(c.Version)+"）"
	}
	shown := strings.TrimSuffix(strconv.FormatFloat(value, 'f', 1, 64), ".0")
	return c.holds(strconv.FormatFloat(value, 'f', -1, 64)), say(en, zh, shown, c.Traffic, strconv.Itoa(all), version, within.EN, within.ZH, versionZH)
}

func percent(part, all int) float64 {
	if all == 0 {
		return 0
	}
	return 100 * float64(part) / float64(all)
}
