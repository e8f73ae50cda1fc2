package browsertest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAutoscalerChart walks through the documentation's autoscaling walkthrough and looks at the chart: found from the
// workload, drawn in both themes, and readable as text.
func TestAutoscalerChart(t *testing.T) {
	needBrowser(t, env)
	tb := open(t, "", 1280, 900)
	tb.ready()
	advance := func(seconds string) { tb.do("window.tabernetes.clock.advance(" + seconds + ")") }
	tb.do("window.tabernetes.clock.pause()")
	advance("40")
	tb.do("window.tabernetes.apply(" + quote(manifest(t, "website/application/php-apache.yaml")) + ")")
	tb.kubectl("autoscale deployment php-apache --cpu=50% --min=1 --max=10")
	advance("60")
	tb.kubectl(`run load-generator --image=busybox:1.28 --restart=Never -- /bin/sh -c "while sleep 0.01; do wget -q -O- http://php-apache; done"`)
	advance("240")
	tb.kubectl("delete pod load-generator --now --wait=false")
	advance("400")

	text := func() string { return js[string](tb, "document.querySelector('tab-inspector').innerText") }
	follow := func(selector, part string) {
		tb.do(`(() => { const b = [...document.querySelectorAll(` + quote(selector) + `)].find((e) => e.textContent.includes(` + quote(part) + `)); if (!b) throw new Error("nothing to follow to " + ` + quote(part) + ` + " in " + document.querySelector("tab-inspector").innerText); b.click(); })()`)
		tb.do("new Promise((done) => setTimeout(done, 1500))")
	}
	tb.do("window.tabernetes.idle()")
	follow("tab-inspector button", "php-apache") // in the list of workloads that is there while nothing is selected
	require.Contains(t, text(), "Autoscaler", "the workload shows what scales it")
	tb.do("(() => { document.querySelector('.hpa').scrollIntoView(); })()")
	tb.shot("autoscaler-of-workload")
	follow("tab-inspector h3 button.link", "php-apache")
	require.Contains(t, text(), "HorizontalPodAutoscaler")
	require.Contains(t, js[string](tb, "document.querySelector('.hpa svg').getAttribute('aria-label')"), "its target 50 %")
	require.Equal(t, 5.0, js[float64](tb, "[...document.querySelectorAll('.hpa > svg path[fill=none]')].filter((p) => p.getAttribute('d')).length"))
	tb.do("(() => { document.querySelector('.hpa details').open = true; })()")
	require.Greater(t, strings.Count(js[string](tb, "document.querySelector('.hpa table').innerText"), "\n"), 4)
	tb.shot("autoscaler")
	tb.do("(() => { document.documentElement.dataset.theme = 'dark'; })()")
	tb.shot("autoscaler-dark")
	tb.noErrors()
}
