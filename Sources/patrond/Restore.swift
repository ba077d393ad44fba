import ArgumentParser
import Foundation
import PatronCore
import PatronProto
import PatronStore
import ProtobufC

struct Restore: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make a data directory of a backup, after checking it.",
    discussion: """
      Compares the sum of FILE.sha256, runs SQLite's check and that of `patrond check`, and brings \
      the schema to this version. The data directory must have no database. FILE stays as it is. \
      A restore that fails or is interrupted leaves a directory without a database.

      Customers who were erased after the backup was made are in it. --erasures takes a file of \
      `patron audit export --all-stores` of the lost database and erases them again before the \
      database can be served. This is possible now only: later, other customers may have the same \
      ids. Opt-outs since the backup are lost too: see docs/backup.md.

      EXAMPLES
        patrond restore --from /var/backups/patron.db --data new-data
        patrond restore --from patron.db --data new-data --erasures audit.ndjson
      """
  )

  @Option(help: ArgumentHelp("The backup.", valueName: "file"))
  var from: String

  @OptionGroup var data: DataOptions

  @Option(
    help: ArgumentHelp(
      "Entries of the audit log, as JSON lines, whose erasures are repeated.",
      valueName: "file"
    )
  )
  var erasures: String?

  func run() throws {
    let lines = try erasures.map { try Self.lines(of: $0) }
    do {
      let site = try RestoreSite(into: data.data)
      do {
        let told = try restore(lines, in: site)
        try site.commit()
        print(told.summary)
        if let lost = told.lost { Self.tell(lost.0, lost.1) }
      } catch {
        site.abandon()
        throw error
      }
    } catch let error as BackupError {
      throw Failure(description: "\(error)")
    } catch let error as StoreOpenError {
      throw Failure(description: "\(error)")
    }
  }

  /// The text about a restored database, and the erasures that were repeated.
  private struct Outcome {
    let summary: String
    let lost: (LostErasures, LostErasures.Outcome)?
  }

  /// Prepares the database, which is closed afterwards.
  private func restore(_ lines: [Substring]?, in site: RestoreSite) throws -> Outcome {
    let file = BackupFile(path: from)
    let staged = try site.stage(file, migrations: Migration.all)
    if !staged.hadSum {
      report("warning: there is no \(file.sum), so it is unknown if the copy is as it was made")
    }
    let lost = try lines.map { try Self.erasures(in: $0, behind: staged.facts) }
    // A search index that was being made again when the backup was made is completed.
    let store = try Store.opened(
      StoreOptions(directory: site.stagePath, migrations: Migration.all)
    )
    do {
      let findings = try store.check([RecordChecks.run, AuditVerification.findings])
      for finding in findings { print(finding) }
      guard findings.isEmpty else {
        throw Failure(
          description: "\(CountText.of(findings.count, "finding")): the backup was not restored; "
            + "use another one"
        )
      }
      let repeated = try lost.map { ($0, try $0.run(on: store)) }
      let counts = try store.counts()
      store.close()
      return Outcome(summary: Self.summary(staged, counts, data.data), lost: repeated)
    } catch {
      store.close()
      throw error
    }
  }

  private static func summary(
    _ staged: RestoreSite.Staged,
    _ counts: RecordCounts,
    _ directory: String
  ) -> String {
    let parts = [
      CountText.of(counts.customers, "customer"), CountText.of(counts.orders, "order"),
      CountText.of(counts.events, "event"),
    ]
    return "ok: \(directory) has \(parts.joined(separator: ", ")); the backup had schema "
      + "\(staged.facts.schemaVersion) and \(staged.facts.lastAuditSequence) as last audit entry"
  }

  private static func tell(_ lost: LostErasures, _ outcome: LostErasures.Outcome) {
    print(
      "erased again: \(CountText.of(outcome.erased, "customer")); "
        + "\(outcome.unknown) erased ones are not in the backup"
    )
    if lost.missing > 0 {
      report(
        "warning: the list lacks \(lost.missing) audit entries behind the "
          + "backup; erasures and merges among them were not repeated"
      )
    }
    for sequence in lost.incomplete {
      report("warning: audit entry \(sequence) does not name all of its customers")
    }
    for store in lost.deletedStores {
      report("warning: the store \(store) was deleted since; delete it again if it must be gone")
    }
    for key in lost.revokedKeys {
      report("warning: the key \(key) was revoked since; revoke it again before you serve")
    }
    if lost.consentChanges > 0 {
      report(
        "warning: \(lost.consentChanges) audited changes of consent and suppressions are lost; see "
          + "docs/backup.md"
      )
    }
  }
}

extension Restore {
  private static func lines(of path: String) throws -> [Substring] {
    guard let content = FileManager.default.contents(atPath: path) else {
      throw Failure(description: "cannot read the file of --erasures, \(path)")
    }
    return String(decoding: content, as: UTF8.self).split(whereSeparator: \.isNewline)
  }

  private static func erasures(
    in lines: [Substring],
    behind copy: CopyFacts
  ) throws -> LostErasures {
    var lost = LostErasures(behind: copy)
    for (index, line) in lines.enumerated() {
      do {
        try lost.add(try AuditEntry(json: String(line)))
      } catch let error as LostErasures.Mismatch {
        throw Failure(description: "line \(index + 1) of --erasures: \(error)")
      } catch {
        throw Failure(
          description: "line \(index + 1) of --erasures is no entry of the audit log; expected is "
            + "a file of `patron audit export --all-stores`"
        )
      }
    }
    return lost
  }
}
