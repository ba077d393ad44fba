/// The sources of consent that Patron itself gives in ledger rows and suppressions.
enum ConsentSource {
  static let merge = "merge"
  static let unmerge = "unmerge"
}
