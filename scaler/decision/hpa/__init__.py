"""Policy `hpa`: what Kubernetes' HorizontalPodAutoscaler decides."""
