#Requires -Version 7.4
# Deploys Gatehouse on this server, with Docker, so that nobody notices. deploy.sh is the same for bash.
#
#   .\deploy.ps1 production              the new version beside the old one; the old one goes when the new one serves
#   .\deploy.ps1 production --dry-run    say what would be done
#   .\deploy.ps1 production --rollback   go back to the release before
#   .\deploy.ps1 production --status     what runs, and what can be gone back to
#   .\deploy.ps1 production --force      new containers although nothing has changed: after a change of a secret
#   .\deploy.ps1 production --yes        ask nothing
#
# `staging` instead of `production`: the same, beside it. Run twice, it changes nothing the second time.
# Exit codes: 0 done; 1 failed, the version before still serves; 2 wrong usage; 75 another deploy is running; 78 configuration.
# Options may also be written -DryRun, -Rollback, -Status, -Force, -Yes, -Help.

# Options are read from $args: parameters of a script could not be called --dry-run.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$PSNativeCommandUseErrorActionPreference = $false

# On the containers that a deploy runs to their end.
$runLabel = 'gatehouse.deploy=step'
$exitUsage = 2
$exitLocked = 75
$exitConfig = 78
$here = $PSScriptRoot

# In this order, and with the names they have in deploy.sh; each is a function of this name. What stands before
# start_databases changes nothing that runs.
$deploySteps = @(
    'check_tools', 'take_lock', 'check_environment', 'make_secrets', 'check_port', 'build_images', 'check_configuration', 'compare_releases'
    'copy_nginx_conf', 'start_databases', 'back_up_database', 'migrate_database', 'publish_assets', 'start_beside', 'wait_until_ready', 'switch_proxy'
    'check_site', 'stop_former', 'record_release', 'remove_old_images', 'link_environment', 'report'
)
$rollbackSteps = @(
    'check_tools', 'take_lock', 'check_environment', 'choose_former', 'check_configuration', 'compare_releases'
    'copy_nginx_conf', 'publish_assets', 'start_beside', 'wait_until_ready', 'switch_proxy', 'check_site'
    'stop_former', 'record_rollback', 'remove_old_images', 'report'
)
$statusSteps = @('check_tools', 'check_environment', 'report')

# What the parts share. Functions change it as $script:name.
$environment = ''
$action = 'deploy'
$dryRun = $false
$force = $false
$assumeYes = $false
$envFile = ''
$docker = 'docker'
$lock = $null
# The step that runs; empty before the first and after the last.
$step = ''
# The exit code of the program that ran last.
$programCode = 0
# Variables of the shell that programs do not get, and others that they do.
$forgotten = @()
$variables = @{}
# Until the end is reached: as after Ctrl-C, which lets nothing run but `finally`.
$exitCode = 130

function Write-Line([string]$Text = '') { [Console]::Out.WriteLine($Text) }
function Write-Detail([string]$Text) { [Console]::Out.WriteLine("    $Text") }
function Write-Fault([string]$Text = '') { [Console]::Error.WriteLine($Text) }

# One message; what was begun is put back on the way out.
function Stop-Deploy {
    param([string]$Message, [int]$Code = 1, [string[]]$Faults = @())
    if ($programCode -eq 130) {
        # Ctrl-C ends the program that runs, too. Where that is noticed first, Ctrl-C itself comes while this waits.
        Start-Sleep -Seconds 2
        throw [System.OperationCanceledException]::new('Interrupted.')
    }
    $script:exitCode = $Code
    Write-Fault
    Write-Fault "deploy: $Message"
    foreach ($fault in $Faults) { Write-Fault "  - $fault" }
    throw [System.OperationCanceledException]::new($Message)
}

function Get-FullPath([string]$Path) { return [System.IO.Path]::GetFullPath($Path, $here) }

# Runs a program and waits for it: its exit code as Code, what it printed as Text where Output or Errors is `keep`.
# Done by .NET, as PowerShell's own way would take a backup for lines of text.
function Invoke-Program {
    param([string]$Program, [object[]]$Arguments, [string]$Output = 'show', [string]$Errors = 'show', [string]$File = '')
    $start = [System.Diagnostics.ProcessStartInfo]::new($Program)
    $start.WorkingDirectory = $here
    $start.UseShellExecute = $false
    # Lists among the arguments are arguments, too.
    foreach ($argument in @(foreach ($item in $Arguments) { $item })) { $start.ArgumentList.Add([string]$argument) }
    foreach ($name in $forgotten) { [void]$start.Environment.Remove($name) }
    foreach ($name in @($variables.Keys)) { $start.Environment[$name] = [string]$variables[$name] }
    if ($Output -ne 'show') {
        $start.RedirectStandardOutput = $true
        $start.StandardOutputEncoding = [System.Text.Encoding]::UTF8
    }
    if ($Errors -ne 'show') {
        $start.RedirectStandardError = $true
        $start.StandardErrorEncoding = [System.Text.Encoding]::UTF8
    }
    $process = [System.Diagnostics.Process]::Start($start)
    try {
        $reading = $null
        $text = ''
        if ($Errors -ne 'show') { $reading = $process.StandardError.ReadToEndAsync() }
        if ($File -ne '') {
            Copy-ToFile $process.StandardOutput.BaseStream $File
        } elseif ($Output -ne 'show') {
            $text = $process.StandardOutput.ReadToEnd()
        }
        $process.WaitForExit()
        if ($Errors -eq 'keep') { $text += $reading.GetAwaiter().GetResult() }
        $script:programCode = $process.ExitCode
        return [pscustomobject]@{ Code = $process.ExitCode; Text = $text }
    } finally {
        if (-not $process.HasExited) { $process.Kill($true) }
        $process.Dispose()
    }
}

function Copy-ToFile([System.IO.Stream]$Stream, [string]$File) {
    $target = [System.IO.File]::Create($File)
    try { $Stream.CopyTo($target) } finally { $target.Dispose() }
}

# Each takes the arguments of docker. True where it ended well.
function Invoke-Docker { return (Invoke-Program $docker $args).Code -eq 0 }
# The same, with nothing of what it prints but errors.
function Invoke-DockerQuietly { return (Invoke-Program $docker $args -Output hide).Code -eq 0 }
# The same, with nothing of what it prints.
function Test-Docker { return (Invoke-Program $docker $args -Output hide -Errors hide).Code -eq 0 }

# What it prints; that it fails is the end.
function Read-Docker {
    $result = Invoke-Program $docker $args -Output keep
    if ($result.Code -ne 0) { Stop-Deploy 'docker failed (see above).' }
    return $result.Text.Trim()
}

# What it prints, or $null where it fails.
function Find-Docker {
    $result = Invoke-Program $docker $args -Output keep -Errors hide
    if ($result.Code -ne 0) { return $null }
    return $result.Text.Trim()
}

# What it prints and what it complains of.
function Read-DockerAll { return (Invoke-Program $docker $args -Output keep -Errors keep).Text }

# The arguments of docker for a call of its compose.
function Get-ComposeCall {
    $call = @('compose', '--env-file', $envFile, '-f', 'docker-compose.yml', '-f', 'docker-compose.prod.yml')
    if ($env:DEPLOY_COMPOSE_FILE) { $call += @('-f', $env:DEPLOY_COMPOSE_FILE) }
    return $call + @(foreach ($item in $args) { $item })
}

# Whatever changes something goes through this, so that --dry-run can say it instead. True where it went well.
# The words: [next] [quietly|silently] docker|compose|in_proxy ARGUMENT...; next: with the images about to be deployed.
function Invoke-Change {
    $words = @(foreach ($item in $args) { $item })
    $isNext = $words[0] -ceq 'next'
    if ($isNext) { $words = @($words | Select-Object -Skip 1) }
    $loudness = 'loudly'
    if (@('quietly', 'silently') -ccontains $words[0]) {
        $loudness = $words[0]
        $words = @($words | Select-Object -Skip 1)
    }
    $program = $words[0]
    $rest = @($words | Select-Object -Skip 1)
    if ($program -ceq 'in_proxy') {
        $program = 'compose'
        $rest = @('exec', '-T', 'proxy') + $rest
    }
    if ($dryRun) {
        if ($program -ceq 'compose') { $program = 'docker compose' }
        Write-Detail "would run: $program $($rest -join ' ')"
        return $true
    }
    if ($program -ceq 'compose') { $rest = @(Get-ComposeCall $rest) }
    if ($isNext) { $variables['IMAGE_TAG'] = "$tag-next" }
    try {
        if ($loudness -ceq 'quietly') { return Invoke-DockerQuietly $rest }
        if ($loudness -ceq 'silently') { return Test-Docker $rest }
        return Invoke-Docker $rest
    } finally {
        $variables.Remove('IMAGE_TAG')
    }
}

# A change without which nothing can go on.
function Assert-Change {
    $words = @(foreach ($item in $args) { $item })
    if (-not (Invoke-Change $words)) { Stop-Deploy 'docker failed (see above).' }
}

. "$PSScriptRoot/deploy/environment.ps1"
. "$PSScriptRoot/deploy/images.ps1"
. "$PSScriptRoot/deploy/database.ps1"
. "$PSScriptRoot/deploy/roll.ps1"
. "$PSScriptRoot/deploy/report.ps1"

# The lines at the beginning of this file.
function Get-Usage {
    return @(Get-Content -LiteralPath (Join-Path $here 'deploy.ps1') -TotalCount 13 | Select-Object -Skip 1) -replace '^# ?', ''
}

function Exit-ForUsage {
    foreach ($line in @(Get-Usage)) { Write-Fault $line }
    exit $exitUsage
}

function Read-Options([object[]]$Options) {
    foreach ($option in $Options) {
        $text = [string]$option
        if (@('production', 'staging') -ccontains $text) {
            if ($environment -ne '') { Exit-ForUsage }
            $script:environment = $text
        } elseif ($text -ceq '--dry-run' -or $text -eq '-DryRun') {
            $script:dryRun = $true
        } elseif ($text -ceq '--rollback' -or $text -eq '-Rollback') {
            $script:action = 'rollback'
        } elseif ($text -ceq '--status' -or $text -eq '-Status') {
            $script:action = 'status'
        } elseif ($text -ceq '--force' -or $text -eq '-Force') {
            $script:force = $true
        } elseif ($text -ceq '--yes' -or $text -eq '-Yes') {
            $script:assumeYes = $true
        } elseif ($text -ceq '--help' -or $text -eq '-Help' -or $text -ceq '-h') {
            foreach ($line in @(Get-Usage)) { Write-Line $line }
            exit 0
        } else {
            Write-Fault "deploy: unknown option: $text"
            Exit-ForUsage
        }
    }
    if ($environment -eq '') { Exit-ForUsage }
    $script:envFile = ".env.$environment"
}

function Confirm-Action {
    if ($assumeYes -or $dryRun -or [Console]::IsInputRedirected) { return }
    [Console]::Out.Write("This will $action on $environment ($(Get-Value 'PUBLIC_URL')). Go on? [y/N] ")
    $answer = Read-Host
    if ($answer -notlike 'y*') { Stop-Deploy 'Nothing was changed.' }
}

function Invoke-Steps([string[]]$Steps) {
    $number = 0
    foreach ($name in $Steps) {
        $script:step = $name.Replace('_', ' ')
        $number += 1
        Write-Line "[$number/$($Steps.Count)] $step"
        # Whatever a step may leave behind is no output.
        $null = & $name
    }
    $script:step = ''
}

# From here on Ctrl-C is a key like any other. Without a terminal there is none.
function Set-ControlCIgnored([bool]$IsIgnored) {
    if (-not [Console]::IsInputRedirected) { [Console]::TreatControlCAsInput = $IsIgnored }
}

# On every way out, Ctrl-C included.
function Complete-Deploy {
    Set-ControlCIgnored $true
    try {
        if ($exitCode -eq 130) {
            Write-Fault
            Write-Fault 'deploy: Interrupted.'
        }
        Undo-Changes
    } catch [System.OperationCanceledException] {
        # Stop-Deploy has said what; nothing more can be put back.
        if ($exitCode -eq 0) { $script:exitCode = 1 }
    } finally {
        if ($exitCode -ne 0 -and $step -ne '') {
            Write-Fault "deploy: $action of $environment ended at ""$step"" (exit code $exitCode)."
        }
        if ($null -ne $lock) { $lock.Dispose() }
        Set-ControlCIgnored $false
    }
}

Read-Options $args
try {
    switch ($action) {
        'status' { Invoke-Steps $statusSteps }
        'rollback' { Invoke-Steps $rollbackSteps }
        'deploy' { Invoke-Steps $deploySteps }
    }
    $exitCode = 0
} catch [System.OperationCanceledException] {
    # Stop-Deploy has said why, or it was Ctrl-C.
} catch {
    $exitCode = 1
    Write-Fault
    Write-Fault "deploy: $($_.Exception.Message)"
} finally {
    Complete-Deploy
    # After Ctrl-C PowerShell forgets the exit code, unless the process ends here. A shell that somebody works in must not.
    if ($exitCode -eq 130 -and ([Environment]::GetCommandLineArgs() -like '*deploy.ps1')) { [Environment]::Exit(130) }
}
exit $exitCode
