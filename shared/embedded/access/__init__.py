"""Who may do what: tokens, roles, certificates, kubeconfig files."""
