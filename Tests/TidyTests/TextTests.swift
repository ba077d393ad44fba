import Testing

@Suite("Text")
struct TextTests {
  @Test("Nothing is left for later")
  func nothingIsLeftOpen() {
    // The marks are put together, so that this file does not match.
    let marks = ["TO" + "DO", "FIX" + "ME", "HA" + "CK"]
    for file in Repository.files {
      for (index, line) in file.lines.enumerated() {
        let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
        #expect(
          !words.contains { marks.contains(String($0)) },
          "\(file):\(index + 1) is left for later"
        )
      }
    }
  }

  @Test("No file knows the machine that it was written on")
  func noMachinePaths() {
    let folders = ["work", "root", "home", "Users"].map { "/" + $0 + "/" } + ["/opt/" + "swift"]
    let before: Set<Character> = [" ", "\"", "'", "`", "(", "=", ":", "<"]
    for file in Repository.files {
      for (index, line) in file.lines.enumerated() {
        for folder in folders {
          for range in line.ranges(of: folder) {
            let starts =
              range.lowerBound == line.startIndex
              || before.contains(line[line.index(before: range.lowerBound)])
            #expect(!starts, "\(file):\(index + 1) names \(folder)")
          }
        }
      }
    }
  }

  @Test("At most ten types vouch for their own thread safety, and each says why")
  func uncheckedSendableIsProved() {
    let mark = "@unchecked " + "Sendable"
    var places: [String] = []
    for file in Repository.files(ending: ".swift", under: ["Sources", "clients"]) {
      let code = Repository.code[file.path] ?? []
      for (index, line) in code.enumerated() where line.contains(mark) {
        places.append("\(file):\(index + 1)")
        let above = index > 0 ? file.lines[index - 1].drop { $0 == " " } : ""
        let proved = file.lines[index].contains("//") || above.hasPrefix("//")
        #expect(proved, "\(file):\(index + 1): no line beside it says why that is safe")
      }
    }
    // Three immutable C descriptors, five parts of the client that live on one event loop, one tick
    // of a server's loop, one monitor. Another needs a better reason than these.
    #expect(places.count <= 10, "\(places.joined(separator: ", "))")
  }

  @Test("A page has one title, and it is its first line")
  func pagesHaveOneTitle() {
    for file in Repository.files(ending: ".md") {
      var fenced = false
      var titles: [Int] = []
      for (index, line) in file.lines.enumerated() {
        if line.hasPrefix("```") { fenced.toggle() }
        if !fenced, line.hasPrefix("# ") { titles.append(index + 1) }
      }
      #expect(titles == [1], "\(file) has its titles on lines \(titles)")
      #expect(!fenced, "\(file): a code block is never closed")
    }
  }
}
