import ArgumentParser

/// The command `patrond audit`.
struct Audit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Read and verify the audit log: who changed rights, settings and consent.",
    discussion: """
      Every entry has a hash of itself and of the entry before it, so that one that was changed or \
      removed later is found. The commands work on the data directory, also while a server runs.

      EXAMPLES
        patrond audit list --action key.create
        patrond audit verify
        patrond audit prune --before 2024-01-01
      """,
    subcommands: [AuditList.self, AuditVerify.self, AuditPrune.self]
  )
}
