namespace EmbeddedKubernetes.Schemas.BuiltIn;

/// <summary>Networking, access, storage classes and the smaller groups.</summary>
internal static class ClusterTypes
{
    public const string Text = """
        # networking.k8s.io/v1
        Ingress: metadata:ObjectMeta spec:IngressSpec status:IngressStatus
        IngressSpec: defaultBackend:IngressBackend ingressClassName:s rules:[]IngressRule tls:[]IngressTLS
        IngressBackend: resource:TypedLocalObjectReference service:IngressServiceBackend
        IngressServiceBackend: name:s! port:ServiceBackendPort
        @ServiceBackendPort: name:s number:i
        IngressRule: host:s http:HTTPIngressRuleValue
        HTTPIngressRuleValue: paths:[]HTTPIngressPath!
        HTTPIngressPath: backend:IngressBackend! path:s pathType:s!(Exact|ImplementationSpecific|Prefix)
        IngressTLS: hosts:[]s secretName:s
        IngressStatus: loadBalancer:IngressLoadBalancerStatus=o
        IngressLoadBalancerStatus: ingress:[]IngressLoadBalancerIngress
        IngressLoadBalancerIngress: hostname:s ip:s ports:[]IngressPortStatus
        IngressPortStatus: error:s port:i! protocol:s!
        IngressClass: metadata:ObjectMeta spec:IngressClassSpec
        IngressClassSpec: controller:s parameters:IngressClassParametersReference
        IngressClassParametersReference: apiGroup:s kind:s! name:s! namespace:s scope:s=Cluster
        NetworkPolicy: metadata:ObjectMeta spec:NetworkPolicySpec
        NetworkPolicySpec: egress:[]NetworkPolicyEgressRule ingress:[]NetworkPolicyIngressRule podSelector:LabelSelector
          policyTypes:[]s
        NetworkPolicyEgressRule: ports:[]NetworkPolicyPort to:[]NetworkPolicyPeer
        NetworkPolicyIngressRule: from:[]NetworkPolicyPeer ports:[]NetworkPolicyPort
        NetworkPolicyPort: endPort:i port:x protocol:s=TCP
        NetworkPolicyPeer: ipBlock:IPBlock namespaceSelector:LabelSelector podSelector:LabelSelector
        IPBlock: cidr:s! except:[]s
        IPAddress: metadata:ObjectMeta spec:IPAddressSpec!
        ServiceCIDR: metadata:ObjectMeta spec:ServiceCIDRSpec status:ServiceCIDRStatus
        IPAddressSpec: parentRef:ParentReference!
        ServiceCIDRSpec: cidrs:[]s
        ServiceCIDRStatus: conditions:[type]Condition
        ParentReference: group:s name:s! namespace:s resource:s!
        # rbac.authorization.k8s.io/v1
        Role: metadata:ObjectMeta rules:[]PolicyRule
        ClusterRole: metadata:ObjectMeta aggregationRule:AggregationRule rules:[]PolicyRule
        AggregationRule: clusterRoleSelectors:[]LabelSelector
        PolicyRule: apiGroups:[]s nonResourceURLs:[]s resourceNames:[]s resources:[]s verbs:[]s!
        RoleBinding: metadata:ObjectMeta roleRef:RoleRef! subjects:[]Subject
        ClusterRoleBinding: metadata:ObjectMeta roleRef:RoleRef! subjects:[]Subject
        @RoleRef: apiGroup:s kind:s! name:s!
        @Subject: apiGroup:s kind:s! name:s! namespace:s
        # storage.k8s.io/v1
        StorageClass: metadata:ObjectMeta allowVolumeExpansion:b allowedTopologies:[]TopologySelectorTerm mountOptions:[]s
          parameters:{s} provisioner:s! reclaimPolicy:s=Delete(Delete|Retain) volumeBindingMode:s=Immediate(Immediate|WaitForFirstConsumer)
        CSIDriver: metadata:ObjectMeta spec:CSIDriverSpec!
        CSIDriverSpec: attachRequired:b=true fsGroupPolicy:s=ReadWriteOnceWithFSType nodeAllocatableUpdatePeriodSeconds:l
          podInfoOnMount:b=false preventPodSchedulingIfMissing:b requiresRepublish:b=false seLinuxMount:b=false
          serviceAccountTokenInSecrets:b storageCapacity:b=false tokenRequests:[]TokenRequest volumeLifecycleModes:[=*]s
        TokenRequest: audience:s! expirationSeconds:l
        CSINode: metadata:ObjectMeta spec:CSINodeSpec!
        CSINodeSpec: drivers:[name]CSINodeDriver!
        CSINodeDriver: allocatable:VolumeNodeResources name:s! nodeID:s! topologyKeys:[]s
        VolumeNodeResources: count:i
        CSIStorageCapacity: metadata:ObjectMeta capacity:q maximumVolumeSize:q nodeTopology:LabelSelector storageClassName:s!
        VolumeAttachment: metadata:ObjectMeta spec:VolumeAttachmentSpec! status:any
        VolumeAttachmentSpec: attacher:s! nodeName:s! source:VolumeAttachmentSource!
        VolumeAttachmentSource: inlineVolumeSpec:any persistentVolumeName:s
        VolumeAttributesClass: metadata:ObjectMeta driverName:s! parameters:{s}
        # node.k8s.io/v1
        RuntimeClass: metadata:ObjectMeta handler:s! overhead:Overhead scheduling:Scheduling
        Overhead: podFixed:{q}
        Scheduling: nodeSelector:@{s} tolerations:[]Toleration
        # certificates.k8s.io/v1
        CertificateSigningRequest: metadata:ObjectMeta spec:CertificateSigningRequestSpec! status:CertificateSigningRequestStatus
        CertificateSigningRequestSpec: expirationSeconds:i extra:any groups:[]s request:B! signerName:s! uid:s usages:[]s
          username:s
        CertificateSigningRequestStatus: certificate:B conditions:[=type]CertificateSigningRequestCondition
        CertificateSigningRequestCondition: lastTransitionTime:t lastUpdateTime:t message:s reason:s status:s! type:s!
        # apiregistration.k8s.io/v1
        APIService: metadata:ObjectMeta spec:APIServiceSpec status:APIServiceStatus
        APIServiceSpec: caBundle:B group:s groupPriorityMinimum:i! insecureSkipTLSVerify:b service:ServiceReference
          version:s versionPriority:i!
        ServiceReference: name:s namespace:s port:i=443
        APIServiceStatus: conditions:[type]APIServiceCondition
        APIServiceCondition: lastTransitionTime:t message:s reason:s status:s! type:s!
        # flowcontrol.apiserver.k8s.io/v1
        FlowSchema: metadata:ObjectMeta spec:any status:any
        PriorityLevelConfiguration: metadata:ObjectMeta spec:any status:any
        # coordination.k8s.io/v1
        Lease: metadata:ObjectMeta spec:LeaseSpec
        LeaseSpec: acquireTime:t holderIdentity:s leaseDurationSeconds:i leaseTransitions:i preferredHolder:s renewTime:t
          strategy:s
        # discovery.k8s.io/v1
        EndpointSlice: metadata:ObjectMeta addressType:s! endpoints:[]Endpoint ports:[]EndpointPort
        Endpoint: addresses:[=*]s! conditions:EndpointConditions deprecatedTopology:{s} hints:EndpointHints hostname:s
          nodeName:s targetRef:ObjectReference zone:s
        EndpointConditions: ready:b serving:b terminating:b
        EndpointHints: forNodes:[]ForNode forZones:[]ForZone
        ForNode: name:s!
        ForZone: name:s!
        @EndpointPort: appProtocol:s name:s= port:i protocol:s=TCP
        # events.k8s.io/v1
        Event: metadata:ObjectMeta action:s deprecatedCount:i deprecatedFirstTimestamp:t deprecatedLastTimestamp:t
          deprecatedSource:EventSource eventTime:t! note:s reason:s regarding:ObjectReference related:ObjectReference
          reportingController:s reportingInstance:s series:EventSeries type:s
        EventSeries: count:i! lastObservedTime:t!
        # scheduling.k8s.io/v1
        PriorityClass: metadata:ObjectMeta description:s globalDefault:b preemptionPolicy:s=PreemptLowerPriority value:i
        # admissionregistration.k8s.io/v1
        ValidatingAdmissionPolicy: metadata:ObjectMeta spec:any status:any
        ValidatingAdmissionPolicyBinding: metadata:ObjectMeta spec:any!
        MutatingAdmissionPolicy: metadata:ObjectMeta spec:any
        MutatingAdmissionPolicyBinding: metadata:ObjectMeta spec:any
        ValidatingWebhookConfiguration: metadata:ObjectMeta webhooks:[name]ValidatingWebhook
        MutatingWebhookConfiguration: metadata:ObjectMeta webhooks:[name]MutatingWebhook
        ValidatingWebhook: admissionReviewVersions:[]s! clientConfig:WebhookClientConfig! failurePolicy:s=Fail
          matchConditions:[name]MatchCondition matchPolicy:s=Equivalent name:s! namespaceSelector:LabelSelector=o
          objectSelector:LabelSelector=o rules:[]RuleWithOperations sideEffects:s! timeoutSeconds:i=10
        MutatingWebhook: admissionReviewVersions:[]s! clientConfig:WebhookClientConfig! failurePolicy:s=Fail
          matchConditions:[name]MatchCondition matchPolicy:s=Equivalent name:s! namespaceSelector:LabelSelector=o
          objectSelector:LabelSelector=o reinvocationPolicy:s=Never rules:[]RuleWithOperations sideEffects:s!
          timeoutSeconds:i=10
        MatchCondition: expression:s! name:s!
        RuleWithOperations: apiGroups:[]s apiVersions:[]s operations:[]s resources:[]s scope:s=*
        WebhookClientConfig: caBundle:B service:ServiceReference url:s
        ServiceReference: name:s! namespace:s! path:s port:i=443
        # apiextensions.k8s.io/v1
        CustomResourceDefinition: metadata:ObjectMeta spec:CustomResourceDefinitionSpec! status:CustomResourceDefinitionStatus
        CustomResourceDefinitionSpec: conversion:CustomResourceConversion group:s! names:CustomResourceDefinitionNames!
          preserveUnknownFields:b scope:s!(Cluster|Namespaced) versions:[]CustomResourceDefinitionVersion!
        CustomResourceConversion: strategy:s! webhook:WebhookConversion
        WebhookConversion: clientConfig:any conversionReviewVersions:[]s!
        CustomResourceDefinitionNames: categories:[]s kind:s! listKind:s plural:s! shortNames:[]s singular:s
        CustomResourceDefinitionVersion: additionalPrinterColumns:[]CustomResourceColumnDefinition deprecated:b
          deprecationWarning:s name:s! schema:CustomResourceValidation selectableFields:[]SelectableField served:b!
          storage:b! subresources:CustomResourceSubresources
        CustomResourceColumnDefinition: description:s format:s jsonPath:s! name:s! priority:i type:s!
        CustomResourceValidation: openAPIV3Schema:any
        SelectableField: jsonPath:s!
        CustomResourceSubresources: scale:CustomResourceSubresourceScale status:any
        CustomResourceSubresourceScale: labelSelectorPath:s specReplicasPath:s! statusReplicasPath:s!
        CustomResourceDefinitionStatus: acceptedNames:CustomResourceDefinitionNames
          conditions:[=type]CustomResourceDefinitionCondition observedGeneration:l storedVersions:[]s
        CustomResourceDefinitionCondition: lastTransitionTime:t message:s observedGeneration:l reason:s status:s! type:s!
        # authentication.k8s.io/v1
        TokenReview: metadata:ObjectMeta spec:TokenReviewSpec! status:any
        TokenReviewSpec: audiences:[]s token:s!
        SelfSubjectReview: metadata:ObjectMeta status:any
        TokenRequest: metadata:ObjectMeta spec:TokenRequestSpec status:TokenRequestStatus
        TokenRequestSpec: audiences:[]s boundObjectRef:BoundObjectReference expirationSeconds:l
        TokenRequestStatus: expirationTimestamp:t token:s
        BoundObjectReference: apiVersion:s kind:s name:s uid:s
        # authorization.k8s.io/v1
        SelfSubjectAccessReview: metadata:ObjectMeta spec:SelfSubjectAccessReviewSpec! status:any
        SelfSubjectAccessReviewSpec: nonResourceAttributes:NonResourceAttributes resourceAttributes:ResourceAttributes
        SubjectAccessReview: metadata:ObjectMeta spec:SubjectAccessReviewSpec! status:any
        LocalSubjectAccessReview: metadata:ObjectMeta spec:SubjectAccessReviewSpec! status:any
        SubjectAccessReviewSpec: extra:any groups:[]s nonResourceAttributes:NonResourceAttributes
          resourceAttributes:ResourceAttributes uid:s user:s
        ResourceAttributes: fieldSelector:any group:s labelSelector:any name:s namespace:s resource:s subresource:s verb:s
          version:s
        NonResourceAttributes: path:s verb:s
        SelfSubjectRulesReview: metadata:ObjectMeta spec:SelfSubjectRulesReviewSpec! status:any
        SelfSubjectRulesReviewSpec: namespace:s
        """;
}
