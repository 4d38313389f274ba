# What has to be there before anything begins: tools, the lock, the environment file, the secrets, the port.
# Part of deploy.ps1, whose functions and variables it uses.

$oldestCompose = @(2, 24)
$required = @('PUBLIC_URL', 'CORS_ORIGINS', 'COMPOSE_PROJECT_NAME', 'ENV_FILE', 'SECRETS_DIR', 'IMAGE_TAG', 'SUBNET', 'HTTP_PORT')
$examples = 'example\.(com|org|net)|your[-_]|change[-_]?me|change-this|placeholder'

function check_tools {
    $found = @(Get-Command docker -CommandType Application -ErrorAction SilentlyContinue)
    if ($found.Count -eq 0) { Stop-Deploy 'docker is not installed: see docs/DEPLOYMENT.md.' }
    $script:docker = $found[0].Source
    if (-not (Test-Docker info)) {
        Stop-Deploy 'The Docker engine does not answer. Is it running, and may this user use it (group docker)?'
    }
    $version = Find-Docker compose version --short
    if ($null -eq $version) { Stop-Deploy 'docker compose is not installed: see docs/DEPLOYMENT.md.' }
    $version = $version -creplace '^v', ''
    if (-not (Test-ComposeVersion $version)) {
        Stop-Deploy "docker compose is $version; $($oldestCompose -join '.') or newer is needed."
    }
}

function Test-ComposeVersion([string]$Version) {
    if ($Version -cnotmatch '^(\d+)\.(\d+)') { return $false }
    $major = [int]$Matches[1]
    $minor = [int]$Matches[2]
    return $major -gt $oldestCompose[0] -or ($major -eq $oldestCompose[0] -and $minor -ge $oldestCompose[1])
}

# One deploy on this server at a time, whichever checkout it comes from. The system releases it when this process ends.
# On Linux and macOS .NET uses flock for it, so that deploy.sh and this script keep each other out, too.
function take_lock {
    if ($dryRun) { return }
    $file = $env:DEPLOY_LOCK_FILE
    if (-not $file) {
        $folder = '/tmp'
        if ($IsWindows) { $folder = [System.IO.Path]::GetTempPath() }
        $file = Join-Path $folder 'gatehouse-deploy.lock'
    }
    $file = Get-FullPath $file
    $isLocked = $false
    try {
        $mode = [System.IO.FileMode]::OpenOrCreate
        if ([System.IO.File]::Exists($file)) { $mode = [System.IO.FileMode]::Open }
        $script:lock = [System.IO.File]::Open($file, $mode, [System.IO.FileAccess]::Read, [System.IO.FileShare]::None)
    } catch {
        $cause = $_.Exception.GetBaseException()
        $isLocked = $cause -is [System.IO.IOException] -and $cause -isnot [System.IO.DirectoryNotFoundException]
    }
    if ($isLocked) {
        Stop-Deploy 'Another deploy is running on this server. Wait until it has ended; nothing was changed.' -Code $exitLocked
    }
    if ($null -eq $lock) { Stop-Deploy "The lock $file cannot be made." }
}

# The value of a variable in the environment file; empty where there is none. The file is read, never run.
function Get-Value([string]$Name) {
    $value = ''
    foreach ($line in [System.IO.File]::ReadAllLines((Get-FullPath $envFile))) {
        if ($line -cmatch "^\s*$Name=(.*)`$") { $value = $Matches[1] }
    }
    $value = $value.TrimEnd()
    if ($value -cmatch '^"(.*)"$' -or $value -cmatch "^'(.*)'`$") { $value = $Matches[1] }
    return $value
}

# Of the variables that lines set, in order and once each.
function Select-Names([string[]]$Lines) {
    $names = [System.Collections.Generic.SortedSet[string]]::new([System.StringComparer]::Ordinal)
    foreach ($line in $Lines) {
        if ($line -cmatch '^\s*#?\s*([A-Z][A-Z0-9_]*)=') { [void]$names.Add($Matches[1]) }
    }
    return @($names)
}

# Compose lets a variable of the shell win over the file's: a deploy must not depend on who runs it. The shell keeps its own;
# the programs that are run here do not get them.
function Hide-ShellVariables([string[]]$Lines) {
    $example = Get-FullPath "$envFile.example"
    $all = @($Lines)
    if ([System.IO.File]::Exists($example)) { $all += [System.IO.File]::ReadAllLines($example) }
    $script:forgotten = @(Select-Names $all)
}

function check_environment {
    $file = Get-FullPath $envFile
    if (-not [System.IO.File]::Exists($file)) {
        Stop-Deploy "There is no ${envFile}: cp $envFile.example $envFile, and fill in what says REQUIRED." -Code $exitConfig
    }
    $lines = [System.IO.File]::ReadAllLines($file)
    Hide-ShellVariables $lines
    $faults = @()
    foreach ($name in $required) {
        if ((Get-Value $name) -eq '') { $faults += "$name is missing or empty." }
    }
    foreach ($name in @(Select-Names @($lines -cnotmatch '^\s*#'))) {
        $value = Get-Value $name
        if ($value -match $examples) { $faults += "$name still has a value of an example: $value" }
    }
    $own = Get-Value 'ENV_FILE'
    if ($own -ne '' -and $own -cne $envFile) { $faults += "ENV_FILE has to be $envFile." }
    if ($faults.Count -gt 0) { Stop-Deploy "$envFile cannot be used; nothing was changed:" -Code $exitConfig -Faults $faults }
    $script:project = Get-Value 'COMPOSE_PROJECT_NAME'
    $script:tag = Get-Value 'IMAGE_TAG'
    $script:secrets = Get-Value 'SECRETS_DIR'
    $script:services = @('backend', 'frontend')
    if ($action -ne 'status') { Confirm-Action }
}

function Test-Postgres { return ",$(Get-Value 'COMPOSE_PROFILES')," -clike '*,postgres,*' }

function New-RandomText {
    $bytes = [System.Security.Cryptography.RandomNumberGenerator]::GetBytes(36)
    return [Convert]::ToBase64String($bytes).Replace('+', '-').Replace('/', '_')
}

# Nobody but its owner may look into it.
function New-PrivateFolder([string]$Path) {
    if ([System.IO.Directory]::Exists($Path)) { return }
    if (-not $IsWindows) {
        [void][System.IO.Directory]::CreateDirectory($Path, [System.IO.UnixFileMode]'UserRead, UserWrite, UserExecute')
        return
    }
    $folder = [System.IO.Directory]::CreateDirectory($Path)
    $owner = [System.Security.Principal.WindowsIdentity]::GetCurrent().User
    $rule = [System.Security.AccessControl.FileSystemAccessRule]::new(
        $owner, 'FullControl', 'ContainerInherit, ObjectInherit', 'None', 'Allow')
    $access = [System.Security.AccessControl.DirectorySecurity]::new()
    $access.SetAccessRuleProtection($true, $false)
    $access.AddAccessRule($rule)
    [System.IO.FileSystemAclExtensions]::SetAccessControl($folder, $access)
}

function Test-Secret([string]$Name) {
    $file = [System.IO.FileInfo]::new((Get-FullPath "$secrets/$Name"))
    return $file.Exists -and $file.Length -gt 0
}

function Read-Secret([string]$Name) { return [System.IO.File]::ReadAllText((Get-FullPath "$secrets/$Name")).Trim() }

# Readable for the containers' users: the folder keeps everybody else out.
function Write-Secret([string]$Name, [string]$Text) {
    $file = Get-FullPath "$secrets/$Name"
    [System.IO.File]::WriteAllText($file, $Text)
    if (-not $IsWindows) { [System.IO.File]::SetUnixFileMode($file, [System.IO.UnixFileMode]'UserRead, GroupRead, OtherRead') }
}

function make_secrets {
    $needed = @('app-secret', 'redis-password')
    if (Test-Postgres) {
        $needed += @('database-owner-password', 'database-password')
    } else {
        $needed += @('database-url', 'database-migration-url')
    }
    $missing = @($needed | Where-Object { -not (Test-Secret $_) })
    if ($missing.Count -gt 0) { New-MissingSecrets $missing }
    if ($dryRun) { return }
    if (-not [System.IO.File]::Exists((Get-FullPath "$secrets/app-secret-previous"))) { Write-Secret 'app-secret-previous' '' }
    if (-not (Test-Secret 'redis-url')) { Write-Secret 'redis-url' "redis://:$(Read-Secret 'redis-password')@redis:6379`n" }
    if (-not (Test-Secret 'redis-url')) { Write-Secret 'redis-url' "redis://:$(Read-Secret 'redis-password')@redis:6379`n" }
    if (Test-Postgres) { Write-DatabaseUrls }
}

function New-MissingSecrets([string[]]$Names) {
    foreach ($name in $Names) {
        if ($name -clike '*-url') {
            Stop-Deploy "$secrets/$name is missing: write the address of your database into it (docs/DEPLOYMENT.md)." -Code $exitConfig
        }
        # A new one would fit no database that is there already.
        if (Test-Docker volume inspect "${project}_postgres") {
            Stop-Deploy "$secrets/$name is missing, but the database was made with one: put the former file back. Nothing was changed." -Code $exitConfig
        }
    }
    if ($dryRun) {
        Write-Detail "would make in ${secrets}: $($Names -join ' ')"
        return
    }
    New-PrivateFolder (Get-FullPath $secrets)
    foreach ($name in $Names) { Write-Secret $name "$(New-RandomText)`n" }
    Write-Detail "made in ${secrets}: $($Names -join ' '). Keep a copy elsewhere: backups cannot be used without app-secret."
}

function Write-DatabaseUrls {
    $at = 'postgres:5432/gatehouse'
    if (-not (Test-Secret 'database-url')) {
        Write-Secret 'database-url' "postgres://gatehouse_server:$(Read-Secret 'database-password')@$at`n"
    }
    if (-not (Test-Secret 'database-migration-url')) {
        Write-Secret 'database-migration-url' "postgres://gatehouse:$(Read-Secret 'database-owner-password')@$at`n"
    }
}

# The proxy learns the site's address when it is made, and no deploy makes it anew.
function Assert-SameAddress([string]$Id) {
    $address = ''
    foreach ($line in @(Split-Lines (Get-Detail '{{range .Config.Env}}{{println .}}{{end}}' $Id))) {
        if ($line -cmatch '^PUBLIC_URL=(.*)$') { $address = $Matches[1] }
    }
    if ($address -cne (Get-Value 'PUBLIC_URL')) {
        Stop-Deploy "PUBLIC_URL was $address, and the proxy that runs knows no other. To change it, which interrupts the site for some seconds: docker compose --env-file $envFile -f docker-compose.yml -f docker-compose.prod.yml up -d" -Code $exitConfig
    }
}

$mountedFormer = 'nginx/nginx.conf.former'

# A proxy that an earlier release made reads the checkout's folder nginx/, where nginx.conf lay then. It serves on, and reads it
# there, until the operator makes it anew (Write-Stale says how).
function Copy-ForMountedProxy {
    $ids = @(Get-ContainerIds 'proxy')
    if ($ids.Count -eq 0) { return }
    if ((Get-Detail '{{range .Mounts}}{{.Type}} {{.Destination}} {{end}}' $ids[0]) -cnotlike '*bind /etc/gatehouse*') { return }
    Write-Detail 'the proxy was made by an earlier release and reads the folder nginx/: nginx.conf is copied there'
    if ($dryRun) { return }
    $live = Get-FullPath 'nginx/nginx.conf'
    $former = Get-FullPath $mountedFormer
    # What Undo-Changes restores. One that is there already was left by a deploy that was cut off: what followed it was never in
    # force.
    if ([System.IO.File]::Exists($live) -and -not [System.IO.File]::Exists($former)) {
        [System.IO.File]::Copy($live, "$former.new", $true)
        [System.IO.File]::Move("$former.new", $former, $true)
    }
    [System.IO.File]::Copy((Get-FullPath 'nginx.conf'), $live, $true)
}

# Tries the port before the first start only: afterwards the proxy holds it.
function check_port {
    $proxies = @(Get-ContainerIds 'proxy')
    if ($proxies.Count -gt 0) { Assert-SameAddress $proxies[0] }
    Copy-ForMountedProxy
    if ($dryRun -or $proxies.Count -gt 0) { return }
    $bind = Get-Value 'HTTP_BIND'
    if ($bind -eq '') { $bind = '127.0.0.1' }
    $at = "${bind}:$(Get-Value 'HTTP_PORT')"
    $image = Get-Value 'NGINX_IMAGE'
    if ($image -eq '') { $image = 'nginxinc/nginx-unprivileged:stable' }
    if (-not (Test-Docker image inspect $image)) {
        if (-not (Invoke-DockerQuietly pull --quiet $image)) { Stop-Deploy "The image $image cannot be had." }
    }
    if (-not (Test-Docker run --rm --publish "${at}:8080" --entrypoint true $image)) {
        Stop-Deploy "$at is in use, or no address of this machine: stop what uses it, or change HTTP_BIND and HTTP_PORT in $envFile. Nothing was changed." -Code $exitConfig
    }
}
