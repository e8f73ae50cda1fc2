package cache

import (
	corev1 "k8s.io/api/core/v1"

	"tabernetes/engine/scheduler/framework"
)

// image is where an image name is present.
type image struct {
	size  int64 // bytes, as the first node that had it told
	nodes map[*framework.NodeInfo]bool
}

func sameImages(a, b []corev1.ContainerImage) bool {
	if len(a) != len(b) {
		return false
	}
	if len(a) == 0 || &a[0] == &b[0] {
		return true
	}
	for i := range a {
		if a[i].SizeBytes != b[i].SizeBytes || len(a[i].Names) != len(b[i].Names) {
			return false
		}
		for j := range a[i].Names {
			if a[i].Names[j] != b[i].Names[j] {
				return false
			}
		}
	}
	return true
}

func (c *Cluster) setImages(n *framework.NodeInfo, old, new []corev1.ContainerImage) {
	keep := map[string]bool{}
	for i := range new {
		for _, name := range new[i].Names {
			keep[name] = true
		}
	}
	for i := range old {
		for _, name := range old[i].Names {
			im := c.images[name]
			if keep[name] || im == nil || !im.nodes[n] {
				continue
			}
			delete(im.nodes, n)
			c.ImageEpoch++
			if len(im.nodes) == 0 {
				delete(c.images, name)
			}
		}
	}
	for i := range new {
		for _, name := range new[i].Names {
			im := c.images[name]
			if im == nil {
				im = &image{size: new[i].SizeBytes, nodes: map[*framework.NodeInfo]bool{}}
				c.images[name] = im
			}
			if !im.nodes[n] {
				im.nodes[n] = true
				c.ImageEpoch++
			}
		}
	}
}

// HasImage reports that a node has an image.
func (c *Cluster) HasImage(n *framework.NodeInfo, name string) bool {
	im := c.images[name]
	return im != nil && im.nodes[n]
}

// ImageScore is the size of an image, scaled by the share of nodes that have it, so that pods do not pile up on the
// few nodes that got an image first (imagelocality.scaledImageScore).
func (c *Cluster) ImageScore(name string) int64 {
	im := c.images[name]
	if im == nil {
		return 0
	}
	share := float64(len(im.nodes)) / float64(len(c.Nodes()))
	return int64(float64(im.size) * share)
}
