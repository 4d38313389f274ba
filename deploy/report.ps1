# What runs, and what a plain `docker compose` will find. Part of deploy.ps1.

$copyTitle = '# A copy made by deploy.ps1; links are not allowed here.'

# Compose reads .env by itself. A file that somebody made is not ours to replace.
function link_environment {
    $item = [System.IO.FileInfo]::new((Get-FullPath '.env'))
    $isLink = $null -ne $item.LinkTarget
    $isThere = $item.Exists
    if ($isLink) { $isThere = [System.IO.File]::Exists((Get-FullPath $item.LinkTarget)) }
    if ($isThere -and -not $isLink -and -not (Test-OwnCopy $item.FullName)) {
        Write-Detail ".env is a file of its own: add --env-file $envFile to plain docker compose calls"
    } elseif ($environment -ceq 'production' -or -not $isThere) {
        if ($dryRun) {
            Write-Detail "would run: ln -sfn $envFile .env"
        } else {
            Set-EnvironmentLink $item.FullName
        }
    }
}

function Test-OwnCopy([string]$File) {
    return @(Get-Content -LiteralPath $File -TotalCount 1) -ccontains $copyTitle
}

# Windows lets not everybody make a link.
function Set-EnvironmentLink([string]$File) {
    [System.IO.File]::Delete($File)
    try {
        $null = [System.IO.File]::CreateSymbolicLink($File, $envFile)
    } catch {
        $lines = @($copyTitle) + @([System.IO.File]::ReadAllLines((Get-FullPath $envFile)))
        [System.IO.File]::WriteAllLines($File, [string[]]$lines)
        Write-Detail ".env is a copy of ${envFile}, as this user may make no link: each deploy makes it anew"
    }
}

# Parts that a deploy never interrupts, and whose settings have changed since they were made.
function Write-Stale {
    foreach ($name in @(Get-DivergedContainers)) {
        if ($name -clike "$project-proxy-*" -or $name -clike "$project-redis-*" -or $name -clike "$project-postgres-*") {
            Write-Line "  $name runs with former settings. New ones take effect when it is made anew, which interrupts it for some seconds:"
            Write-Line "    docker compose --env-file $envFile -f docker-compose.yml -f docker-compose.prod.yml up -d"
        }
    }
}

function Get-VersionNote([string]$Id) {
    $version = Get-ReleaseTitle (Get-Detail '{{.Image}}' $Id)
    if ($version -eq '') { return '' }
    return ", version $version"
}

function report {
    Write-Line
    Write-Line "$environment at $(Get-Value 'PUBLIC_URL'), listening on $(Get-Value 'HTTP_BIND'):$(Get-Value 'HTTP_PORT')"
    foreach ($service in @('proxy') + $services + @('redis', 'postgres')) {
        foreach ($id in @(Get-ContainerIds $service)) {
            $name = (Get-Detail '{{.Name}}' $id).Replace('/', '')
            $state = Get-Detail '{{.State.Status}}, {{if .State.Health}}{{.State.Health.Status}}{{end}}' $id
            Write-Line "  ${name}: $state$(Get-VersionNote $id)"
        }
    }
    foreach ($candidate in @("$tag-previous", "$tag-previous-2")) {
        $image = Get-ImageName 'backend' $candidate
        if ((Get-ImageId $image) -ne '') { Write-Line "  can go back to: $(Get-ReleaseTitle $image)" }
    }
    Write-Stale
}
