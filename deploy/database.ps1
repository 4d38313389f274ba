# The database: started, backed up, migrated. Part of deploy.ps1.

function start_databases {
    $parts = @('redis')
    if (Test-Postgres) { $parts += 'postgres' }
    # Those that run are left alone: a deploy must not interrupt them.
    if (-not (Invoke-Change compose up --detach --no-recreate --wait --wait-timeout 120 $parts)) {
        Stop-Deploy "The databases do not start: docker logs of $($parts -join ' ') say why. The version before still serves."
    }
}

function Test-BackendChange { return $changed -ccontains 'backend' }

# Before the first release there is nothing to lose.
function back_up_database {
    if (-not (Test-BackendChange) -or -not $formerImage.ContainsKey('backend')) {
        Write-Detail 'nothing to do'
        return
    }
    $folder = "backups/$environment"
    $time = [DateTime]::UtcNow.ToString('yyyy-MM-dd\THH-mm-ss\Z', [System.Globalization.CultureInfo]::InvariantCulture)
    $file = "$folder/$time.dump"
    if ($dryRun) {
        Write-Detail "would write $file"
        return
    }
    $script:unfinishedBackup = Get-FullPath "$file.part"
    if (-not (Write-Backup (Get-FullPath $folder) $unfinishedBackup)) {
        Stop-Deploy 'The database cannot be backed up (see above; a full disk?). Nothing was migrated, the version before still serves.'
    }
    [System.IO.File]::Move($unfinishedBackup, (Get-FullPath $file))
    $script:unfinishedBackup = ''
    Write-Detail "$file ($(Get-FileSize (Get-FullPath $file)))"
    Invoke-BackupHook (Get-FullPath $file)
    Remove-OldBackups (Get-FullPath $folder)
}

# True where it is whole.
function Write-Backup([string]$Folder, [string]$File) {
    try {
        New-PrivateFolder $Folder
        $result = Invoke-Program $docker @(Get-ComposeCall run --rm --no-deps -T --label $runLabel backup) -Output keep -File $File
        if ($result.Code -ne 0) { return $false }
        return (Read-Beginning $File) -ceq 'PGDMP'
    } catch {
        Write-Fault ($_.Exception.GetBaseException().Message)
        return $false
    }
}

function Read-Beginning([string]$File) {
    $stream = [System.IO.File]::OpenRead($File)
    try {
        $bytes = [byte[]]::new(5)
        $count = $stream.Read($bytes, 0, 5)
        return [System.Text.Encoding]::ASCII.GetString($bytes, 0, $count)
    } finally {
        $stream.Dispose()
    }
}

function Get-FileSize([string]$File) {
    $kilobytes = [Math]::Ceiling([System.IO.FileInfo]::new($File).Length / 1024)
    if ($kilobytes -lt 1024) { return "${kilobytes}K" }
    return "$([Math]::Ceiling($kilobytes / 1024))M"
}

# For the shell of the system: bash, or on Windows PowerShell.
function Invoke-BackupHook([string]$File) {
    $hook = Get-Value 'BACKUP_HOOK'
    if ($hook -eq '') { return }
    $variables['BACKUP_FILE'] = $File
    try {
        if ($IsWindows) {
            $result = Invoke-Program ([Environment]::ProcessPath) @('-NoProfile', '-NonInteractive', '-Command', $hook)
        } else {
            $result = Invoke-Program 'bash' @('-c', $hook)
        }
    } finally {
        $variables.Remove('BACKUP_FILE')
    }
    if ($result.Code -ne 0) {
        Stop-Deploy 'BACKUP_HOOK failed: the backup is on this machine only. Nothing was migrated, the version before still serves.'
    }
}

function Remove-OldBackups([string]$Folder) {
    $keep = 10
    $value = Get-Value 'BACKUP_KEEP'
    if ($value -ne '') { $keep = [int]$value }
    # Their names sort by time.
    $old = @(Get-ChildItem -LiteralPath $Folder -File | Where-Object { $_.Name -clike '*.dump' } |
            Sort-Object -Property Name -Descending | Select-Object -Skip $keep)
    foreach ($backup in $old) { Remove-Item -LiteralPath $backup.FullName -Force }
}

# Expand and contract: the version before keeps serving on the new tables.
function migrate_database {
    if (-not (Test-BackendChange)) {
        Write-Detail 'nothing to do'
        return
    }
    if (-not (Invoke-Change next compose run --rm --no-deps -T --label $runLabel migrate)) {
        Stop-Deploy 'The database cannot be migrated (see above). The version before still serves; a migration that was interrupted can be repeated.'
    }
}
