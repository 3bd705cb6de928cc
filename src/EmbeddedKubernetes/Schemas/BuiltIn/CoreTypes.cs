namespace EmbeddedKubernetes.Schemas.BuiltIn;

/// <summary>The rest of the core group.</summary>
internal static class CoreTypes
{
    public const string Text = """
        # core/v1
        Namespace: metadata:ObjectMeta spec:NamespaceSpec status:NamespaceStatus
        NamespaceSpec: finalizers:[]s
        NamespaceStatus: conditions:[type]NamespaceCondition phase:s=Active
        NamespaceCondition: lastTransitionTime:t message:s reason:s status:s! type:s!
        Service: metadata:ObjectMeta spec:ServiceSpec status:ServiceStatus
        ServiceSpec: allocateLoadBalancerNodePorts:b clusterIP:s clusterIPs:[]s externalIPs:[]s externalName:s
          externalTrafficPolicy:s healthCheckNodePort:i internalTrafficPolicy:s ipFamilies:[]s ipFamilyPolicy:s
          loadBalancerClass:s loadBalancerIP:s loadBalancerSourceRanges:[]s ports:[port,protocol]ServicePort
          publishNotReadyAddresses:b selector:@{s} sessionAffinity:s=None(None|ClientIP)
          sessionAffinityConfig:SessionAffinityConfig trafficDistribution:s
          type:s=ClusterIP(ClusterIP|ExternalName|LoadBalancer|NodePort)
        ServicePort: appProtocol:s name:s nodePort:i port:i! protocol:s=TCP(TCP|UDP|SCTP) targetPort:x
        SessionAffinityConfig: clientIP:ClientIPConfig
        ClientIPConfig: timeoutSeconds:i
        ServiceStatus: conditions:[type]Condition loadBalancer:LoadBalancerStatus=o
        LoadBalancerStatus: ingress:[]LoadBalancerIngress
        LoadBalancerIngress: hostname:s ip:s ipMode:s ports:[]PortStatus
        PortStatus: error:s port:i! protocol:s!
        Endpoints: metadata:ObjectMeta subsets:[]EndpointSubset
        EndpointSubset: addresses:[]EndpointAddress notReadyAddresses:[]EndpointAddress ports:[]EndpointPort
        @EndpointAddress: hostname:s ip:s! nodeName:s targetRef:ObjectReference
        @EndpointPort: appProtocol:s name:s port:i! protocol:s=TCP
        ConfigMap: metadata:ObjectMeta binaryData:{B} data:{s} immutable:b
        Secret: metadata:ObjectMeta data:{B} immutable:b stringData:{s} type:s=Opaque
        ServiceAccount: metadata:ObjectMeta automountServiceAccountToken:b imagePullSecrets:[]LocalObjectReference
          secrets:[name]ObjectReference
        Event: metadata:ObjectMeta! action:s count:i eventTime:t firstTimestamp:t involvedObject:ObjectReference!
          lastTimestamp:t message:s reason:s related:ObjectReference reportingComponent:s reportingInstance:s
          series:EventSeries source:EventSource type:s
        EventSeries: count:i lastObservedTime:t
        EventSource: component:s host:s
        Node: metadata:ObjectMeta spec:NodeSpec status:NodeStatus
        NodeSpec: configSource:NodeConfigSource externalID:s podCIDR:s podCIDRs:[*]s providerID:s taints:[]Taint
          unschedulable:b
        NodeConfigSource: configMap:any
        Taint: effect:s! key:s! timeAdded:t value:s
        NodeStatus: addresses:[type]NodeAddress allocatable:{q} capacity:{q} conditions:[type]NodeCondition config:any
          daemonEndpoints:NodeDaemonEndpoints declaredFeatures:[]s features:any images:[]ContainerImage nodeInfo:NodeSystemInfo phase:s
          runtimeHandlers:[]any volumesAttached:[]AttachedVolume volumesInUse:[]s
        NodeAddress: address:s! type:s!
        NodeCondition: lastHeartbeatTime:t lastTransitionTime:t message:s reason:s status:s! type:s!
        NodeDaemonEndpoints: kubeletEndpoint:DaemonEndpoint
        DaemonEndpoint: Port:i!
        ContainerImage: names:[]s sizeBytes:l
        AttachedVolume: devicePath:s! name:s!
        NodeSystemInfo: architecture:s! bootID:s! containerRuntimeVersion:s! kernelVersion:s! kubeProxyVersion:s!
          kubeletVersion:s! machineID:s! operatingSystem:s! osImage:s! swap:any systemUUID:s!
        LimitRange: metadata:ObjectMeta spec:LimitRangeSpec
        LimitRangeSpec: limits:[]LimitRangeItem!
        LimitRangeItem: default:{q} defaultRequest:{q} max:{q} maxLimitRequestRatio:{q} min:{q} type:s!
        ResourceQuota: metadata:ObjectMeta spec:ResourceQuotaSpec status:ResourceQuotaStatus
        ResourceQuotaSpec: hard:{q} scopeSelector:ScopeSelector scopes:[]s
        @ScopeSelector: matchExpressions:[]ScopedResourceSelectorRequirement
        ScopedResourceSelectorRequirement: operator:s! scopeName:s! values:[]s
        ResourceQuotaStatus: hard:{q} used:{q}
        ReplicationController: metadata:ObjectMeta spec:ReplicationControllerSpec status:ReplicationControllerStatus
        ReplicationControllerSpec: minReadySeconds:i replicas:i=1 selector:@{s} template:PodTemplateSpec
        ReplicationControllerStatus: availableReplicas:i conditions:[type]ReplicationControllerCondition
          fullyLabeledReplicas:i observedGeneration:l readyReplicas:i replicas:i!
        ReplicationControllerCondition: lastTransitionTime:t message:s reason:s status:s! type:s!
        @TopologySelectorTerm: matchLabelExpressions:[]TopologySelectorLabelRequirement
        TopologySelectorLabelRequirement: key:s! values:[]s!
        Binding: metadata:ObjectMeta target:ObjectReference!
        """;
}
