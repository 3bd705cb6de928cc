namespace EmbeddedKubernetes.Schemas.BuiltIn;

/// <summary>A pod and everything inside its specification.</summary>
internal static class PodTypes
{
    public const string Text = """
        # core/v1
        Pod: metadata:ObjectMeta spec:PodSpec status:PodStatus
        PodTemplateSpec: metadata:ObjectMeta spec:PodSpec
        PodTemplate: metadata:ObjectMeta template:PodTemplateSpec
        PodSpec: activeDeadlineSeconds:l affinity:Affinity automountServiceAccountToken:b containers:[name]Container!
          dnsConfig:PodDNSConfig dnsPolicy:s=ClusterFirst(ClusterFirst|ClusterFirstWithHostNet|Default|None)
          enableServiceLinks:b ephemeralContainers:[name]EphemeralContainer hostAliases:[ip]HostAlias hostIPC:b
          hostNetwork:b hostPID:b hostUsers:b hostname:s hostnameOverride:s imagePullSecrets:[name]LocalObjectReference
          initContainers:[name]Container nodeName:s nodeSelector:@{s} os:PodOS overhead:{q} preemptionPolicy:s priority:i
          priorityClassName:s readinessGates:[]PodReadinessGate resourceClaims:[name]%PodResourceClaim
          resources:ResourceRequirements restartPolicy:s=Always(Always|OnFailure|Never) runtimeClassName:s
          schedulerName:s=default-scheduler schedulingGates:[name]PodSchedulingGate schedulingGroup:PodSchedulingGroup
          securityContext:PodSecurityContext=o
          serviceAccount:s serviceAccountName:s setHostnameAsFQDN:b shareProcessNamespace:b subdomain:s
          terminationGracePeriodSeconds:l=30 tolerations:[]Toleration
          topologySpreadConstraints:[topologyKey,whenUnsatisfiable]TopologySpreadConstraint volumes:[name]%Volume
        PodSchedulingGroup: podGroupName:s
        Container: name:s! image:s args:[]s command:[]s env:[name]EnvVar envFrom:[]EnvFromSource
          imagePullPolicy:s(Always|IfNotPresent|Never) lifecycle:Lifecycle livenessProbe:Probe
          ports:[containerPort,protocol]ContainerPort readinessProbe:Probe resizePolicy:[]ContainerResizePolicy
          resources:ResourceRequirements=o restartPolicy:s restartPolicyRules:[]ContainerRestartRule
          securityContext:SecurityContext startupProbe:Probe stdin:b
          stdinOnce:b terminationMessagePath:s=/dev/termination-log
          terminationMessagePolicy:s=File(File|FallbackToLogsOnError) tty:b volumeDevices:[devicePath]VolumeDevice
          volumeMounts:[mountPath]VolumeMount workingDir:s
        EphemeralContainer: name:s! image:s args:[]s command:[]s env:[name]EnvVar envFrom:[]EnvFromSource
          imagePullPolicy:s lifecycle:Lifecycle livenessProbe:Probe ports:[containerPort,protocol]ContainerPort
          readinessProbe:Probe resizePolicy:[]ContainerResizePolicy resources:ResourceRequirements restartPolicy:s
          restartPolicyRules:[]ContainerRestartRule securityContext:SecurityContext startupProbe:Probe stdin:b
          stdinOnce:b targetContainerName:s terminationMessagePath:s
          terminationMessagePolicy:s tty:b volumeDevices:[devicePath]VolumeDevice volumeMounts:[mountPath]VolumeMount
          workingDir:s
        ContainerRestartRule: action:s! exitCodes:ContainerRestartRuleOnExitCodes
        ContainerRestartRuleOnExitCodes: operator:s! values:[=*]i
        ContainerPort: containerPort:i! hostIP:s hostPort:i name:s protocol:s=TCP(TCP|UDP|SCTP)
        ContainerResizePolicy: resourceName:s! restartPolicy:s!
        EnvVar: name:s! value:s valueFrom:EnvVarSource
        EnvVarSource: configMapKeyRef:ConfigMapKeySelector fieldRef:ObjectFieldSelector fileKeyRef:FileKeySelector
          resourceFieldRef:ResourceFieldSelector secretKeyRef:SecretKeySelector
        @FileKeySelector: key:s! optional:b path:s! volumeName:s!
        @ConfigMapKeySelector: key:s! name:s optional:b
        @SecretKeySelector: key:s! name:s optional:b
        @ObjectFieldSelector: apiVersion:s=v1 fieldPath:s!
        @ResourceFieldSelector: containerName:s divisor:q resource:s!
        EnvFromSource: configMapRef:ConfigMapEnvSource prefix:s secretRef:SecretEnvSource
        ConfigMapEnvSource: name:s optional:b
        SecretEnvSource: name:s optional:b
        Lifecycle: postStart:LifecycleHandler preStop:LifecycleHandler stopSignal:s
        LifecycleHandler: exec:ExecAction httpGet:HTTPGetAction sleep:SleepAction tcpSocket:TCPSocketAction
        SleepAction: seconds:l!
        ExecAction: command:[]s
        HTTPGetAction: host:s httpHeaders:[]HTTPHeader path:s=/ port:x! scheme:s=HTTP(HTTP|HTTPS)
        HTTPHeader: name:s! value:s!
        TCPSocketAction: host:s port:x!
        GRPCAction: port:i! service:s
        Probe: exec:ExecAction failureThreshold:i=3 grpc:GRPCAction httpGet:HTTPGetAction initialDelaySeconds:i
          periodSeconds:i=10 successThreshold:i=1 tcpSocket:TCPSocketAction terminationGracePeriodSeconds:l
          timeoutSeconds:i=1
        ResourceRequirements: claims:[=name]ResourceClaim limits:{q} requests:{q}
        ResourceClaim: name:s! request:s
        SecurityContext: allowPrivilegeEscalation:b appArmorProfile:AppArmorProfile capabilities:Capabilities
          privileged:b procMount:s readOnlyRootFilesystem:b runAsGroup:l runAsNonRoot:b runAsUser:l
          seLinuxOptions:SELinuxOptions seccompProfile:SeccompProfile windowsOptions:WindowsSecurityContextOptions
        AppArmorProfile: localhostProfile:s type:s!
        Capabilities: add:[]s drop:[]s
        SELinuxOptions: level:s role:s type:s user:s
        SeccompProfile: localhostProfile:s type:s!
        WindowsSecurityContextOptions: gmsaCredentialSpec:s gmsaCredentialSpecName:s hostProcess:b runAsUserName:s
        PodSecurityContext: appArmorProfile:AppArmorProfile fsGroup:l fsGroupChangePolicy:s runAsGroup:l runAsNonRoot:b
          runAsUser:l seLinuxChangePolicy:s seLinuxOptions:SELinuxOptions seccompProfile:SeccompProfile
          supplementalGroups:[]l supplementalGroupsPolicy:s sysctls:[]Sysctl windowsOptions:WindowsSecurityContextOptions
        Sysctl: name:s! value:s!
        VolumeDevice: devicePath:s! name:s!
        VolumeMount: mountPath:s! mountPropagation:s name:s! readOnly:b recursiveReadOnly:s subPath:s subPathExpr:s
        PodDNSConfig: nameservers:[]s options:[]PodDNSConfigOption searches:[]s
        PodDNSConfigOption: name:s value:s
        HostAlias: hostnames:[]s ip:s!
        @LocalObjectReference: name:s
        @TypedLocalObjectReference: apiGroup:s kind:s! name:s!
        @ObjectReference: apiVersion:s fieldPath:s kind:s name:s namespace:s resourceVersion:s uid:s
        PodOS: name:s!
        PodReadinessGate: conditionType:s!
        PodResourceClaim: name:s! resourceClaimName:s resourceClaimTemplateName:s
        PodSchedulingGate: name:s!
        Toleration: effect:s key:s operator:s tolerationSeconds:l value:s
        TopologySpreadConstraint: labelSelector:LabelSelector matchLabelKeys:[]s maxSkew:i! minDomains:i
          nodeAffinityPolicy:s nodeTaintsPolicy:s topologyKey:s! whenUnsatisfiable:s!(DoNotSchedule|ScheduleAnyway)
        Affinity: nodeAffinity:NodeAffinity podAffinity:PodAffinity podAntiAffinity:PodAntiAffinity
        NodeAffinity: preferredDuringSchedulingIgnoredDuringExecution:[]PreferredSchedulingTerm
          requiredDuringSchedulingIgnoredDuringExecution:NodeSelector
        PreferredSchedulingTerm: preference:NodeSelectorTerm! weight:i!
        @NodeSelector: nodeSelectorTerms:[]NodeSelectorTerm!
        @NodeSelectorTerm: matchExpressions:[]NodeSelectorRequirement matchFields:[]NodeSelectorRequirement
        NodeSelectorRequirement: key:s! operator:s! values:[]s
        PodAffinity: preferredDuringSchedulingIgnoredDuringExecution:[]WeightedPodAffinityTerm
          requiredDuringSchedulingIgnoredDuringExecution:[]PodAffinityTerm
        PodAntiAffinity: preferredDuringSchedulingIgnoredDuringExecution:[]WeightedPodAffinityTerm
          requiredDuringSchedulingIgnoredDuringExecution:[]PodAffinityTerm
        WeightedPodAffinityTerm: podAffinityTerm:PodAffinityTerm! weight:i!
        PodAffinityTerm: labelSelector:LabelSelector matchLabelKeys:[]s mismatchLabelKeys:[]s
          namespaceSelector:LabelSelector namespaces:[]s topologyKey:s!
        PodStatus: allocatedResources:{q} conditions:[type]PodCondition containerStatuses:[]ContainerStatus
          ephemeralContainerStatuses:[]ContainerStatus extendedResourceClaimStatus:PodExtendedResourceClaimStatus
          hostIP:s hostIPs:[~ip]HostIP initContainerStatuses:[]ContainerStatus message:s nodeAllocatableResourceClaimStatuses:any
          nominatedNodeName:s observedGeneration:l phase:s podIP:s podIPs:[ip]PodIP qosClass:s reason:s resize:s
          resourceClaimStatuses:[name]%PodResourceClaimStatus resources:ResourceRequirements startTime:t
        PodExtendedResourceClaimStatus: requestMappings:any! resourceClaimName:s!
        PodResourceClaimStatus: name:s! resourceClaimName:s
        HostIP: ip:s!
        PodIP: ip:s!
        PodCondition: lastProbeTime:t lastTransitionTime:t message:s observedGeneration:l reason:s status:s! type:s!
        ContainerStatus: allocatedResources:{q} allocatedResourcesStatus:any containerID:s image:s! imageID:s!
          lastState:ContainerState name:s! ready:b! resources:ResourceRequirements restartCount:i! started:b
          state:ContainerState stopSignal:s user:ContainerUser volumeMounts:[mountPath]VolumeMountStatus
        ContainerUser: linux:any
        VolumeMountStatus: mountPath:s! name:s! readOnly:b recursiveReadOnly:s volumeStatus:any
        ContainerState: running:ContainerStateRunning terminated:ContainerStateTerminated waiting:ContainerStateWaiting
        ContainerStateRunning: startedAt:t
        ContainerStateTerminated: containerID:s exitCode:i! finishedAt:t message:s reason:s signal:i startedAt:t
        ContainerStateWaiting: message:s reason:s
        """;
}
