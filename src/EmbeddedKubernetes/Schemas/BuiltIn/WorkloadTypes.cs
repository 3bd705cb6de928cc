namespace EmbeddedKubernetes.Schemas.BuiltIn;

/// <summary>Workload controllers: apps, batch, autoscaling and policy.</summary>
internal static class WorkloadTypes
{
    public const string Text = """
        # apps/v1
        Deployment: metadata:ObjectMeta spec:DeploymentSpec status:DeploymentStatus
        DeploymentSpec: minReadySeconds:i paused:b progressDeadlineSeconds:i=600 replicas:i=1 revisionHistoryLimit:i=10
          selector:LabelSelector! strategy:%DeploymentStrategy=o template:PodTemplateSpec!
        DeploymentStrategy: rollingUpdate:RollingUpdateDeployment type:s=RollingUpdate(Recreate|RollingUpdate)
        RollingUpdateDeployment: maxSurge:x=25% maxUnavailable:x=25%
        DeploymentStatus: availableReplicas:i collisionCount:i conditions:[type]DeploymentCondition observedGeneration:l
          readyReplicas:i replicas:i terminatingReplicas:i unavailableReplicas:i updatedReplicas:i
        DeploymentCondition: lastTransitionTime:t lastUpdateTime:t message:s reason:s status:s! type:s!
        ReplicaSet: metadata:ObjectMeta spec:ReplicaSetSpec status:ReplicaSetStatus
        ReplicaSetSpec: minReadySeconds:i replicas:i=1 selector:LabelSelector! template:PodTemplateSpec
        ReplicaSetStatus: availableReplicas:i conditions:[type]ReplicaSetCondition fullyLabeledReplicas:i
          observedGeneration:l readyReplicas:i replicas:i! terminatingReplicas:i
        ReplicaSetCondition: lastTransitionTime:t message:s reason:s status:s! type:s!
        StatefulSet: metadata:ObjectMeta spec:StatefulSetSpec status:StatefulSetStatus
        StatefulSetSpec: minReadySeconds:i ordinals:StatefulSetOrdinals
          persistentVolumeClaimRetentionPolicy:StatefulSetPersistentVolumeClaimRetentionPolicy=o
          podManagementPolicy:s=OrderedReady(OrderedReady|Parallel) replicas:i=1 revisionHistoryLimit:i=10
          selector:LabelSelector! serviceName:s template:PodTemplateSpec! updateStrategy:StatefulSetUpdateStrategy=o
          volumeClaimTemplates:[]PersistentVolumeClaim
        StatefulSetOrdinals: start:i
        StatefulSetPersistentVolumeClaimRetentionPolicy: whenDeleted:s=Retain(Retain|Delete) whenScaled:s=Retain(Retain|Delete)
        StatefulSetUpdateStrategy: rollingUpdate:RollingUpdateStatefulSetStrategy type:s=RollingUpdate(OnDelete|RollingUpdate)
        RollingUpdateStatefulSetStrategy: maxUnavailable:x partition:i
        StatefulSetStatus: availableReplicas:i collisionCount:i conditions:[type]StatefulSetCondition currentReplicas:i
          currentRevision:s observedGeneration:l readyReplicas:i replicas:i! updateRevision:s updatedReplicas:i
        StatefulSetCondition: lastTransitionTime:t message:s reason:s status:s! type:s!
        DaemonSet: metadata:ObjectMeta spec:DaemonSetSpec status:DaemonSetStatus
        DaemonSetSpec: minReadySeconds:i revisionHistoryLimit:i=10 selector:LabelSelector! template:PodTemplateSpec!
          updateStrategy:DaemonSetUpdateStrategy=o
        DaemonSetUpdateStrategy: rollingUpdate:RollingUpdateDaemonSet type:s=RollingUpdate(OnDelete|RollingUpdate)
        RollingUpdateDaemonSet: maxSurge:x maxUnavailable:x
        DaemonSetStatus: collisionCount:i conditions:[type]DaemonSetCondition currentNumberScheduled:i!
          desiredNumberScheduled:i! numberAvailable:i numberMisscheduled:i! numberReady:i! numberUnavailable:i
          observedGeneration:l updatedNumberScheduled:i
        DaemonSetCondition: lastTransitionTime:t message:s reason:s status:s! type:s!
        ControllerRevision: metadata:ObjectMeta data:any revision:l!
        # batch/v1
        Job: metadata:ObjectMeta spec:JobSpec status:JobStatus
        JobSpec: activeDeadlineSeconds:l backoffLimit:i backoffLimitPerIndex:i completionMode:s=NonIndexed completions:i
          managedBy:s manualSelector:b maxFailedIndexes:i parallelism:i podFailurePolicy:PodFailurePolicy
          podReplacementPolicy:s selector:LabelSelector successPolicy:SuccessPolicy suspend:b=false
          template:PodTemplateSpec! ttlSecondsAfterFinished:i
        PodFailurePolicy: rules:[]PodFailurePolicyRule!
        PodFailurePolicyRule: action:s! onExitCodes:PodFailurePolicyOnExitCodesRequirement
          onPodConditions:[]PodFailurePolicyOnPodConditionsPattern
        PodFailurePolicyOnExitCodesRequirement: containerName:s operator:s! values:[=*]i!
        PodFailurePolicyOnPodConditionsPattern: status:s type:s!
        SuccessPolicy: rules:[]SuccessPolicyRule!
        SuccessPolicyRule: succeededCount:i succeededIndexes:s
        JobStatus: active:i completedIndexes:s completionTime:t conditions:[~type]JobCondition failed:i failedIndexes:s
          ready:i startTime:t succeeded:i terminating:i uncountedTerminatedPods:UncountedTerminatedPods
        UncountedTerminatedPods: failed:[=*]s succeeded:[=*]s
        JobCondition: lastProbeTime:t lastTransitionTime:t message:s reason:s status:s! type:s!
        CronJob: metadata:ObjectMeta spec:CronJobSpec! status:CronJobStatus
        CronJobSpec: concurrencyPolicy:s=Allow(Allow|Forbid|Replace) failedJobsHistoryLimit:i=1 jobTemplate:JobTemplateSpec!
          schedule:s! startingDeadlineSeconds:l successfulJobsHistoryLimit:i=3 suspend:b=false timeZone:s
        JobTemplateSpec: metadata:ObjectMeta spec:JobSpec
        CronJobStatus: active:[]ObjectReference lastScheduleTime:t lastSuccessfulTime:t
        # autoscaling/v1
        HorizontalPodAutoscaler: metadata:ObjectMeta spec:HorizontalPodAutoscalerSpec! status:HorizontalPodAutoscalerStatus
        HorizontalPodAutoscalerSpec: maxReplicas:i! minReplicas:i=1 scaleTargetRef:CrossVersionObjectReference!
          targetCPUUtilizationPercentage:i
        HorizontalPodAutoscalerStatus: currentCPUUtilizationPercentage:i currentReplicas:i! desiredReplicas:i!
          lastScaleTime:t observedGeneration:l
        @CrossVersionObjectReference: apiVersion:s kind:s! name:s!
        Scale: metadata:ObjectMeta spec:ScaleSpec status:ScaleStatus
        ScaleSpec: replicas:i
        ScaleStatus: replicas:i! selector:s
        # autoscaling/v2
        HorizontalPodAutoscaler: metadata:ObjectMeta spec:HorizontalPodAutoscalerSpec! status:HorizontalPodAutoscalerStatus
        HorizontalPodAutoscalerSpec: behavior:HorizontalPodAutoscalerBehavior maxReplicas:i! metrics:[]MetricSpec
          minReplicas:i=1 scaleTargetRef:CrossVersionObjectReference!
        CrossVersionObjectReference: apiVersion:s kind:s! name:s!
        HorizontalPodAutoscalerBehavior: scaleDown:HPAScalingRules scaleUp:HPAScalingRules
        HPAScalingRules: policies:[]HPAScalingPolicy selectPolicy:s stabilizationWindowSeconds:i tolerance:q
        HPAScalingPolicy: periodSeconds:i! type:s! value:i!
        MetricSpec: containerResource:ContainerResourceMetricSource external:ExternalMetricSource
          object:ObjectMetricSource pods:PodsMetricSource resource:ResourceMetricSource type:s!
        ContainerResourceMetricSource: container:s! name:s! target:MetricTarget!
        ExternalMetricSource: metric:MetricIdentifier! target:MetricTarget!
        ObjectMetricSource: describedObject:CrossVersionObjectReference! metric:MetricIdentifier! target:MetricTarget!
        PodsMetricSource: metric:MetricIdentifier! target:MetricTarget!
        ResourceMetricSource: name:s! target:MetricTarget!
        MetricIdentifier: name:s! selector:LabelSelector
        MetricTarget: averageUtilization:i averageValue:q type:s! value:q
        HorizontalPodAutoscalerStatus: conditions:[type]HorizontalPodAutoscalerCondition currentMetrics:[]any
          currentReplicas:i desiredReplicas:i! lastScaleTime:t observedGeneration:l
        HorizontalPodAutoscalerCondition: lastTransitionTime:t message:s reason:s status:s! type:s!
        # policy/v1
        PodDisruptionBudget: metadata:ObjectMeta spec:PodDisruptionBudgetSpec status:PodDisruptionBudgetStatus
        PodDisruptionBudgetSpec: maxUnavailable:x minAvailable:x selector:LabelSelector unhealthyPodEvictionPolicy:s
        PodDisruptionBudgetStatus: conditions:[type]Condition currentHealthy:i desiredHealthy:i disruptedPods:{t}
          disruptionsAllowed:i expectedPods:i observedGeneration:l
        Eviction: metadata:ObjectMeta deleteOptions:any
        """;
}
