/// The sizes of pages of keys and stores, in records.
enum AdminPage {
  static let usual = 100
  static let greatest = 1000
}
