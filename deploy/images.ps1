# Images: the next release's, the running one's, those that can be gone back to. A release is the pair of server and pages.
#   gatehouse-backend:production-next         about to be deployed
#   gatehouse-backend:production              runs
#   gatehouse-backend:production-previous     the release before; production-previous-2 the one before that
# Part of deploy.ps1.

function Get-ImageName([string]$Service, [string]$ImageTag) { return "gatehouse-${Service}:$ImageTag" }

# Empty where there is none.
function Get-ImageId([string]$Image) { return [string](Find-Docker image inspect --format '{{.Id}}' $Image) }

function Get-ReleaseTitle([string]$Image) {
    $version = Find-Docker image inspect --format '{{index .Config.Labels "org.opencontainers.image.version"}}' $Image
    if ($null -eq $version) { return 'none' }
    return $version
}

# What git says, or nothing: where there is no git, or no checkout.
function Read-Git {
    $found = @(Get-Command git -CommandType Application -ErrorAction SilentlyContinue)
    if ($found.Count -eq 0) { return '' }
    $result = Invoke-Program $found[0].Source $args -Output keep -Errors hide
    if ($result.Code -ne 0) { return '' }
    return $result.Text.Trim()
}

function Get-ReleaseVersion {
    $version = Read-Git describe --tags --always --dirty
    if ($version -ne '') { return $version }
    return (Get-Content -Raw -LiteralPath (Get-FullPath 'package.json') | ConvertFrom-Json).version
}

function build_images {
    if ("$(Get-Value 'BACKEND_IMAGE')$(Get-Value 'FRONTEND_IMAGE')" -ne '') {
        Get-ReadyImages
        return
    }
    $revision = Read-Git rev-parse HEAD
    if ($revision -eq '') { $revision = 'unknown' }
    $variables['RELEASE_VERSION'] = Get-ReleaseVersion
    $variables['RELEASE_REVISION'] = $revision
    $pull = @()
    if ((Get-Value 'BUILD_PULL') -ceq 'yes') { $pull = @('--pull') }
    if (-not (Invoke-Change next compose build --quiet $pull $services)) {
        Stop-Deploy 'The images cannot be built (see above; a full disk?). The version before still serves.'
    }
    Write-Detail "built $($variables['RELEASE_VERSION'])"
}

function Get-ReadyImages {
    foreach ($name in @('BACKEND_IMAGE', 'FRONTEND_IMAGE')) {
        if ((Get-Value $name) -eq '') { Stop-Deploy "$name is missing: give both images, or none to build them here." -Code $exitConfig }
    }
    foreach ($service in $services) {
        $image = Get-Value "$($service.ToUpperInvariant())_IMAGE"
        if (-not (Invoke-Change docker pull --quiet $image)) { Stop-Deploy "$image cannot be pulled. The version before still serves." }
        Assert-Change docker tag $image (Get-ImageName $service "$tag-next")
    }
}

# --rollback: what was built already.
function choose_former {
    foreach ($service in $services) {
        if ((Get-ImageId (Get-ImageName $service "$tag-previous")) -eq '') {
            Stop-Deploy 'There is no former release to go back to. Nothing was changed.'
        }
        Assert-Change docker tag (Get-ImageName $service "$tag-previous") (Get-ImageName $service "$tag-next")
    }
    Copy-ForMountedProxy
    Write-Detail "going back to $(Get-ReleaseTitle (Get-ImageName 'backend' "$tag-previous"))"
}

# The server's own check, on the values and secrets as it will get them.
function check_configuration {
    if (Invoke-Change next compose run --rm --no-deps -T --label $runLabel migrate gatehouse config check) { return }
    if ($programCode -eq $exitConfig) {
        Stop-Deploy 'The configuration is not valid (see above). The version before still serves.' -Code $exitConfig
    }
    Stop-Deploy 'The configuration cannot be checked (see above; does another network use SUBNET?). The version before still serves.'
}

function Test-NewImages {
    foreach ($service in $rolled) {
        if ([string]$formerImage[$service] -cne (Get-ImageId (Get-ImageName $service $tag))) { return $true }
    }
    return $false
}

# The release that ran until now becomes the one to go back to. With new settings only, it is still the same one.
function record_release {
    if (-not $dryRun -and -not (Test-NewImages)) { return }
    foreach ($service in $services) {
        $previous = Get-ImageName $service "$tag-previous"
        if (-not $formerImage.ContainsKey($service)) { continue }
        if ((Get-ImageId $previous) -ne '') { Assert-Change docker tag $previous "$previous-2" }
        Assert-Change docker tag $formerImage[$service] $previous
    }
}

# What was gone back from is nothing to go back to.
function record_rollback {
    foreach ($service in $services) {
        $previous = Get-ImageName $service "$tag-previous"
        Assert-Change quietly docker rmi $previous
        if ((Get-ImageId "$previous-2") -ne '') {
            Assert-Change docker tag "$previous-2" $previous
            Assert-Change quietly docker rmi "$previous-2"
        }
    }
}

# Those that have lost their last name: the three releases have one.
function remove_old_images {
    foreach ($service in $services) {
        $next = Get-ImageName $service "$tag-next"
        if ((Get-ImageId $next) -ne '') { Assert-Change quietly docker rmi $next }
    }
    foreach ($title in @('Gatehouse server', 'Gatehouse pages')) {
        Assert-Change quietly docker image prune --force --filter "label=org.opencontainers.image.title=$title"
    }
}
