# The roll: the new containers beside the old ones, all ready, then the proxy sends requests to the new ones only, then the old
# ones finish what they have begun and go. Until then everything can be put back. Part of deploy.ps1.

$former = @{}
$formerImage = @{}
$fresh = @{}
$changed = @()
$rolled = @()
$unfinishedBackup = ''
$isCopied = $false
$isSwitched = $false
$isCommitted = $false
# Where there is none: nothing was begun that would have to be put back.
$project = ''

# Lines as a list, without empty ones.
function Split-Lines([string]$Text) { return @($Text -split '\r?\n' | Where-Object { $_ -ne '' }) }

# Of a service, in the order they were made; `docker compose run` makes containers too, which are none of them.
function Get-ContainerIds([string]$Service) {
    return @(Split-Lines (Read-Docker ps --all --quiet --filter "label=com.docker.compose.project=$project" `
                --filter "label=com.docker.compose.service=$Service" --filter label=com.docker.compose.oneoff=False))
}

function Get-Detail([string]$Template, [string]$Id) { return Read-Docker inspect --format $Template $Id }

function Get-ContainerNames([string[]]$Ids) {
    return @(foreach ($id in $Ids) { (Get-Detail '{{.Name}}' $id).Replace('/', '') })
}

function Get-ReplicaCount([string]$Service) {
    if ($Service -cne 'backend') { return 1 }
    $value = Get-Value 'BACKEND_REPLICAS'
    if ($value -eq '') { return 2 }
    return [int]$value
}

# Compose's own opinion of which containers it would make anew, because their settings have changed. (`compose config --hash` is of
# no use: some versions hash another thing than they write on the container.)
function Get-DivergedContainers {
    $text = Read-DockerAll (Get-ComposeCall --ansi never --dry-run create --no-build)
    return @(foreach ($line in @(Split-Lines $text)) {
            if ($line -cmatch 'Container (\S*) +Recreate *$') { $Matches[1] }
        })
}

# Whether the service runs as it should: number, image, settings and health.
function Test-Current([string]$Service, [string[]]$Diverged) {
    $image = Get-ImageId (Get-ImageName $Service "$tag-next")
    foreach ($id in $former[$Service]) {
        if ((Get-Detail '{{.Image}} {{.State.Health.Status}}' $id) -cne "$image healthy") { return $false }
        if ($Diverged -ccontains @(Get-ContainerNames @($id))[0]) { return $false }
    }
    return $former[$Service].Count -eq (Get-ReplicaCount $Service)
}

function compare_releases {
    foreach ($service in $services) {
        $former[$service] = @(Get-ContainerIds $service)
        if ($former[$service].Count -gt 0) { $formerImage[$service] = Get-Detail '{{.Image}}' $former[$service][0] }
    }
    $diverged = @()
    if ($former['frontend'].Count -gt 0) { $diverged = @(Get-DivergedContainers) }
    foreach ($service in $services) {
        if ($dryRun -or $force -or -not (Test-Current $service $diverged)) { $script:changed += $service }
    }
    if ($changed.Count -eq 0) {
        Write-Detail 'everything runs as it should already'
    } else {
        Write-Detail "to change: $($changed -join ' ')"
    }
}

# Also where it has never become healthy since it started: one that ends and begins again is caught now and then while it runs.
function Test-Down([string[]]$Ids) {
    $state = 'gone'
    if ($Ids.Count -gt 0) { $state = Get-State $Ids[0] }
    return $state -cnotlike 'running *' -or $state -clike '* starting'
}

# Releases that mounted the checkout's folder nginx/ have none in their image.
function Test-NginxConf {
    if ($dryRun) { return $true }
    $label = Find-Docker image inspect --format '{{index .Config.Labels "gatehouse.nginx-conf"}}' (Get-ImageName 'frontend' "$tag-next")
    return -not [string]::IsNullOrEmpty($label)
}

# The next release's beside the one in force, where only the proxy's own Nginx looks at it, for a test. A proxy that is down gets one
# even where nothing else has changed: what it reads may be why.
function copy_nginx_conf {
    $proxies = @(Get-ContainerIds 'proxy')
    if ($changed.Count -eq 0 -and -not (Test-Down $proxies)) { return }
    if (-not (Test-NginxConf)) {
        Write-Detail 'this release has no nginx.conf in its image: the one in force stays. Check out the tag of this release before the next docker compose up'
        return
    }
    if (-not (Invoke-Change next compose run --rm --no-deps -T --label $runLabel nginx-conf publish-nginx-conf copy)) {
        Stop-Deploy 'nginx.conf cannot be copied into its volume (see above; a full disk?). The version before still serves.'
    }
    if (-not (Test-CopiedConf $proxies)) { Stop-Deploy 'The proxy refuses nginx.conf (see above). The version before still serves.' }
    $script:isCopied = $true
}

# By the Nginx of the proxy that runs, or of one that is made for it.
function Test-CopiedConf([string[]]$Ids) {
    if (Test-Down $Ids) {
        return Invoke-Change compose run --rm --no-deps -T --label $runLabel proxy sh /etc/gatehouse/next/start-proxy.sh check
    }
    return Invoke-Change in_proxy sh /etc/gatehouse/replicas.sh test
}

# `use`, or `back` to the one before. True where it went well.
function Set-NginxConf([string]$Word) {
    if (-not (Test-NginxConf)) { return $true }
    return Invoke-Change next compose run --rm --no-deps -T --label $runLabel nginx-conf publish-nginx-conf $Word
}

function publish_assets {
    if ($changed.Count -eq 0) { return }
    if (-not (Invoke-Change next compose run --rm --no-deps -T --label $runLabel assets publish-assets copy)) {
        Stop-Deploy 'The assets of the pages cannot be published (see above; a full disk?). The version before still serves.'
    }
}

# One-shots of the former release would make Compose take the new containers for outdated.
function Remove-OneShots { return Invoke-Change silently compose rm --force migrate assets nginx-conf }

# How many of each there are while the former and the fresh ones run, as options of Compose.
function Get-Scale {
    foreach ($service in $services) {
        $number = $former[$service].Count
        if ($rolled -ccontains $service) { $number += Get-ReplicaCount $service }
        '--scale'
        "$service=$number"
    }
}

function start_beside {
    if ($changed.Count -eq 0) { return }
    $script:rolled = @($changed)
    foreach ($service in $rolled) {
        Assert-Change docker tag (Get-ImageName $service "$tag-next") (Get-ImageName $service $tag)
    }
    if (-not (Remove-OneShots)) { Stop-Deploy 'docker failed (see above).' }
    if (-not (Invoke-Change compose up --detach --no-recreate --no-build (Get-Scale) $services)) {
        Stop-Deploy 'New containers cannot be started (see above).'
    }
    foreach ($service in $rolled) {
        $ids = @(Get-ContainerIds $service)
        $fresh[$service] = @($ids | Where-Object { $former[$service] -cnotcontains $_ })
    }
}

function Get-State([string]$Id) {
    $state = Find-Docker inspect --format '{{.State.Status}} {{.RestartCount}} {{.State.Health.Status}}' $Id
    if ($null -eq $state) { return 'gone' }
    return $state
}

function wait_until_ready {
    if ($dryRun) { return }
    $seconds = 120
    if ($env:DEPLOY_READY_SECONDS) { $seconds = [int]$env:DEPLOY_READY_SECONDS }
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    foreach ($service in $rolled) {
        foreach ($id in $fresh[$service]) {
            while ((Get-State $id) -cne 'running 0 healthy') {
                # It ended, or it begins again and again: waiting does not help.
                if ((Get-State $id) -cnotlike 'running 0 *' -or $clock.Elapsed.TotalSeconds -gt $seconds) { Deny-Release $service $id }
                Start-Sleep -Milliseconds 500
            }
        }
    }
}

function Deny-Release([string]$Service, [string]$Id) {
    Write-Fault "deploy: $Service did not become ready ($(Get-State $Id)). Its last lines:"
    foreach ($line in @(Split-Lines (Read-DockerAll logs --tail 40 $Id))) { Write-Fault "    | $line" }
    Stop-Deploy 'The new version does not become ready. It is taken away; the version before still serves.'
}

# The proxy holds the port, so no deploy makes it anew; it is told whom to ask. A missing one is made with its dependencies, as many of
# them as there are: without them Compose writes another hash, and a plain `docker compose up` would make it anew (decision 012).
function Start-Proxy {
    $ids = @(Get-ContainerIds 'proxy')
    if (-not (Test-Down $ids)) { return }
    $awaited = @('--no-recreate', '--no-build', '--wait', '--wait-timeout', '60', 'proxy')
    if ($ids.Count -gt 0) {
        if (-not (Invoke-Change quietly docker restart $ids[0])) { Stop-Deploy 'The proxy does not start (see above).' }
        $awaited = @('--no-deps') + $awaited
    } else {
        $awaited = @(Get-Scale) + $awaited
    }
    if (-not (Invoke-Change compose up --detach $awaited)) { Stop-Deploy 'The proxy does not start (see above).' }
}

# The containers of each rolled service, from the list: $former or $fresh. True where it went well.
function Use-Replicas([hashtable]$Containers) {
    $lists = @()
    foreach ($service in $rolled) {
        $ids = @($Containers[$service])
        if ($ids.Count -gt 0) { $lists += "$service=$(@(Get-ContainerNames $ids) -join ',')" }
    }
    if ($lists.Count -eq 0) { return $true }
    return Invoke-Change in_proxy sh /etc/gatehouse/replicas.sh use 30 $lists
}

function switch_proxy {
    if ($isCopied -and -not $dryRun) {
        $script:isSwitched = $true
        if (-not (Set-NginxConf 'use')) { Stop-Deploy 'nginx.conf cannot be put in force (see above).' }
    }
    Start-Proxy
    if ($rolled.Count -eq 0) {
        if (-not (Invoke-Change in_proxy sh /etc/gatehouse/replicas.sh reload)) {
            Stop-Deploy 'The proxy refuses nginx.conf (see above).'
        }
    } elseif ($dryRun) {
        Write-Detail "would send requests to the new $($rolled -join ' ') only"
    } else {
        $script:isSwitched = $true
        if (-not (Use-Replicas $fresh)) { Stop-Deploy 'The proxy cannot be told of the new version (see above).' }
    }
}

# As a browser would, from the proxy's own container: the port may be bound to an address that this machine cannot call.
function Get-SiteStatus([string]$Path) {
    $site = (Get-Value 'PUBLIC_URL') -creplace '^.*?://', '' -creplace '/$', ''
    $call = Get-ComposeCall exec -T proxy curl --silent --show-error --max-time 10 --output /dev/null --write-out '%{http_code}' `
        --header "Host: $site" --header 'X-Forwarded-Proto: https' "http://127.0.0.1:8080$Path"
    return (Invoke-Program $docker $call -Output keep).Text.Trim()
}

function check_site {
    if ($dryRun) { return }
    foreach ($round in 1..3) {
        foreach ($path in @('/readyz', '/api/auth/options', '/')) {
            $status = Get-SiteStatus $path
            if ($status -cne '200') { Stop-Deploy "The site answers $path with $status instead of 200 (round $round)." }
        }
    }
}

# From here on the new version is the one: what is left to do is only to let the old one finish.
function stop_former {
    Set-ControlCIgnored $true
    $script:isCommitted = $true
    if (-not $dryRun) { [System.IO.File]::Delete((Get-FullPath $mountedFormer)) }
    $ids = @()
    foreach ($service in $rolled) { $ids += $former[$service] }
    # What cannot be stopped or removed is no reason to end here.
    if ($ids.Count -gt 0) {
        $null = Invoke-Change quietly docker stop --time 60 $ids
        $null = Invoke-Change quietly docker rm --force $ids
    }
    if ($rolled.Count -gt 0) {
        if (-not (Invoke-Change compose run --rm --no-deps -T --label $runLabel assets publish-assets record)) {
            Write-Detail 'old assets could not be removed; the next deploy will'
        }
    }
}

# A `docker compose run` that was cut off leaves its container running.
function Remove-CutOff {
    $text = Read-Docker ps --all --quiet --filter "label=com.docker.compose.project=$project" --filter "label=$runLabel"
    foreach ($id in @(Split-Lines $text)) { $null = Invoke-DockerQuietly rm --force $id }
}

# What a failed or interrupted deploy has begun; nothing after a good one.
function Undo-Changes {
    if ([System.IO.File]::Exists($unfinishedBackup)) { [System.IO.File]::Delete($unfinishedBackup) }
    if ($dryRun -or $isCommitted -or $action -eq 'status' -or $project -eq '') { return }
    Remove-CutOff
    $kept = Get-FullPath $mountedFormer
    if ([System.IO.File]::Exists($kept)) { [System.IO.File]::Move($kept, (Get-FullPath 'nginx/nginx.conf'), $true) }
    if ($isSwitched) {
        $null = Set-NginxConf 'back'
        $null = Use-Replicas $former
    }
    foreach ($service in $rolled) {
        if ($former[$service].Count -gt 0) {
            $null = Invoke-Docker tag $formerImage[$service] (Get-ImageName $service $tag)
        }
        foreach ($id in @(Get-ContainerIds $service)) {
            if ($former[$service] -cnotcontains $id) { $null = Invoke-DockerQuietly rm --force $id }
        }
    }
    if ($rolled.Count -gt 0) { $null = Remove-OneShots }
}
