package plugins

import (
	"tabernetes/engine/scheduler/cache"
	"tabernetes/engine/scheduler/framework"
)

// The range of image sizes that make a difference (imagelocality/image_locality.go).
const (
	mb                = 1024 * 1024
	imageMinThreshold = 23 * mb
	imageMaxContainer = 1000 * mb
)

// ImageRaw adds up the scaled sizes of the pod's images that the node has.
func ImageRaw(c *cache.Cluster, s *framework.Shape, n *framework.NodeInfo) int64 {
	var sum int64
	for _, name := range s.Images {
		if c.HasImage(n, name) {
			sum += c.ImageScore(name)
		}
	}
	return sum
}

// ImageScore turns the sum into 0..100.
func ImageScore(sum int64, images int) int64 {
	if images == 0 {
		return 0
	}
	most := int64(imageMaxContainer) * int64(images)
	sum = min(max(sum, imageMinThreshold), most)
	return framework.MaxNodeScore * (sum - imageMinThreshold) / (most - imageMinThreshold)
}
