import PatronClient

/// Entries of the audit log for people.
enum AuditText {
  /// Returns a table. Columns without content are left out.
  static func table(_ entries: [AuditEntry], width: Int, style: Style) -> String {
    var table = TextTable([
      .init(title: "SEQUENCE", right: true), .init(title: "TIME"), .init(title: "STORE", least: 8),
      .init(title: "ACTION"), .init(title: "RESULT"), .init(title: "KEY", least: 8),
      .init(title: "FOR", least: 8), .init(title: "PEER", least: 8),
      .init(title: "TARGETS", least: 16),
    ])
    for entry in entries {
      table.add([
        String(entry.sequence), ValueText.instant(entry.recordedAt), entry.storeID, entry.action,
        result(entry.result), entry.author?.keyID ?? "", entry.author?.onBehalfOf ?? "",
        entry.peer, entry.targets.joined(separator: " "),
      ])
    }
    return table.text(width: width, style: style)
  }

  /// Returns the name of a status; empty for what was done.
  private static func result(_ code: Int32) -> String {
    code == 0 ? "" : StatusCode(rawValue: code).description
  }
}
