package queue

// heap is a binary heap of pods that know their place in it.
type heap struct {
	h    []*Pod
	less func(a, b *Pod) bool
}

func (q *heap) len() int { return len(q.h) }

func (q *heap) first() *Pod {
	if len(q.h) == 0 {
		return nil
	}
	return q.h[0]
}

func (q *heap) push(p *Pod) {
	p.index = len(q.h)
	q.h = append(q.h, p)
	q.up(p.index)
}

func (q *heap) remove(p *Pod) {
	i, last := p.index, len(q.h)-1
	q.set(i, q.h[last])
	q.h[last] = nil
	q.h = q.h[:last]
	if i < last {
		q.fix(q.h[i])
	}
}

func (q *heap) fix(p *Pod) {
	q.up(p.index)
	q.down(p.index)
}

func (q *heap) set(i int, p *Pod) {
	q.h[i] = p
	p.index = i
}

func (q *heap) up(i int) {
	p := q.h[i]
	for i > 0 {
		parent := (i - 1) / 2
		if !q.less(p, q.h[parent]) {
			break
		}
		q.set(i, q.h[parent])
		i = parent
	}
	q.set(i, p)
}

func (q *heap) down(i int) {
	p := q.h[i]
	for {
		c := 2*i + 1
		if c >= len(q.h) {
			break
		}
		if c+1 < len(q.h) && q.less(q.h[c+1], q.h[c]) {
			c++
		}
		if !q.less(q.h[c], p) {
			break
		}
		q.set(i, q.h[c])
		i = c
	}
	q.set(i, p)
}
