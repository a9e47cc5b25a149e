/// An ordered collection that counts: a B+ tree in which every node knows, for each child, the child's first element and
/// the sum of the counts below it. So "how many lie at or before this" and "which one is the k-th" take one descent.
///
/// The tree does not compare. Each operation is given `isAtOrBefore`, which says of an element of the tree whether it
/// lies at or before the one meant; it must hold for a beginning of the tree and for nothing after that.
///
/// Invariants:
/// 1. all leaves lie at the same depth, `height` levels below the root;
/// 2. every node but the root has `narrowest...width` entries; an inner root has two or more;
/// 3. the entry of a child has exactly the child's first element and the sum of its counts.
///
/// Nodes are rows of one flat array, so there is no object, no reference count and no allocation for each of them.
struct CountedTree<Element: BitwiseCopyable & Sendable, Count: AdditiveArithmetic & BitwiseCopyable & Sendable>:
  Sendable
{
  /// An element with its count in a leaf; a child's first element with the sum of its counts above.
  struct Entry: BitwiseCopyable, Sendable {
    var element: Element
    /// The child's row; meaningless in a leaf.
    var child: Int32 = 0
    var count: Count
  }

  /// Entries a node has at most: with 24-byte elements a node is 1 KiB, and five levels hold millions.
  private static var width: Int { 32 }
  /// Entries below which a node is merged with a neighbour or levelled with it: far enough from a half that a node
  /// does not split and merge in turns.
  private static var narrowest: Int { 10 }

  private var entries: [Entry] = []
  /// For each node, how many of its entries are in use.
  private var used: [Int32] = []
  /// Nodes in no use.
  private var vacant: [Int32] = []
  private var root: Int32 = 0
  private var height = 0

  init() {}

  /// A tree of elements that are in order already. O(n).
  init(ordered elements: some Collection<(element: Element, count: Count)>) {
    guard !elements.isEmpty else { return }
    // An eighth is left free, so that the first changes do not split every node.
    let fill = Self.width - Self.width / 8
    entries.reserveCapacity((elements.count / fill + elements.count / (fill * fill) + 4) * Self.width)
    var level = elements.map { Entry(element: $0.element, count: $0.count) }
    while true {
      let nodes = (level.count + fill - 1) / fill
      var above: [Entry] = []
      above.reserveCapacity(nodes)
      for number in 0..<nodes {
        let node = newNode(filler: level[0])
        let part = level[number * level.count / nodes..<(number + 1) * level.count / nodes]
        for (index, entry) in part.enumerated() { self[node, index] = entry }
        used[Int(node)] = Int32(part.count)
        above.append(heading(of: node))
      }
      if nodes == 1 { break }
      height += 1
      level = above
    }
    root = Int32(used.count - 1)
  }

  /// What lies at or before the one meant, and the last of it. O(log n).
  func upTo(where isAtOrBefore: (Element) -> Bool) -> (count: Count, last: Entry?) {
    guard !used.isEmpty else { return (.zero, nil) }
    var sum = Count.zero
    var node = root
    var level = height
    while true {
      let base = Int(node) * Self.width
      let end = base + Int(used[Int(node)])
      var index = base
      var last = Count.zero
      while index < end, isAtOrBefore(entries[index].element) {
        last = entries[index].count
        sum += last
        index += 1
      }
      guard index > base else { return (sum, nil) }
      if level == 0 { return (sum, entries[index - 1]) }
      sum -= last
      node = entries[index - 1].child
      level -= 1
    }
  }

  /// Puts an element behind those at or before it. O(log n).
  mutating func insert(_ element: Element, count: Count, isAtOrBefore: (Element) -> Bool) {
    let entry = Entry(element: element, count: count)
    if used.isEmpty { root = newNode(filler: entry) }
    guard let sibling = insert(entry, into: root, level: height, isAtOrBefore) else { return }
    let left = heading(of: root)
    let right = heading(of: sibling)
    root = newNode(filler: left)
    self[root, 0] = left
    self[root, 1] = right
    used[Int(root)] = 2
    height += 1
  }

  /// Changes the count of the last element at or before the one meant. O(log n).
  mutating func setCount(_ count: Count, isAtOrBefore: (Element) -> Bool) {
    setCount(count, in: root, level: height, isAtOrBefore)
  }

  /// Takes out the last element at or before the one meant, which must be there. O(log n).
  mutating func remove(isAtOrBefore: (Element) -> Bool) {
    remove(from: root, level: height, isAtOrBefore)
    while height > 0, used[Int(root)] == 1 {
      vacant.append(root)
      root = self[root, 0].child
      height -= 1
    }
  }

  // MARK: - Nodes

  private subscript(node: Int32, index: Int) -> Entry {
    get { entries[Int(node) * Self.width + index] }
    set { entries[Int(node) * Self.width + index] = newValue }
  }

  private mutating func newNode(filler: Entry) -> Int32 {
    if let node = vacant.popLast() {
      used[Int(node)] = 0
      return node
    }
    entries.append(contentsOf: repeatElement(filler, count: Self.width))
    used.append(0)
    return Int32(used.count - 1)
  }

  /// What the entry of a child must be (invariant 3).
  private func heading(of node: Int32) -> Entry {
    let base = Int(node) * Self.width
    var sum = Count.zero
    for index in base..<base + Int(used[Int(node)]) { sum += entries[index].count }
    return Entry(element: entries[base].element, child: node, count: sum)
  }

  private func entriesAtOrBefore(in node: Int32, _ isAtOrBefore: (Element) -> Bool) -> Int {
    let base = Int(node) * Self.width
    let end = base + Int(used[Int(node)])
    var index = base
    while index < end, isAtOrBefore(entries[index].element) { index += 1 }
    return index - base
  }

  /// - Returns: the node that the given one was split into, to be put behind it.
  private mutating func insert(
    _ entry: Entry, into node: Int32, level: Int, _ isAtOrBefore: (Element) -> Bool
  ) -> Int32? {
    let index = entriesAtOrBefore(in: node, isAtOrBefore)
    if level == 0 { return place(entry, at: index, in: node) }
    let path = max(index - 1, 0)
    let child = self[node, path].child
    let sibling = insert(entry, into: child, level: level - 1, isAtOrBefore)
    self[node, path] = heading(of: child)
    guard let sibling else { return nil }
    return place(heading(of: sibling), at: path + 1, in: node)
  }

  private mutating func place(_ entry: Entry, at index: Int, in node: Int32) -> Int32? {
    let count = Int(used[Int(node)])
    if count < Self.width {
      for place in stride(from: count, to: index, by: -1) { self[node, place] = self[node, place - 1] }
      self[node, index] = entry
      used[Int(node)] += 1
      return nil
    }
    let half = Self.width / 2
    let sibling = newNode(filler: entry)
    move(count - half, from: node, at: half, to: sibling, at: 0)
    used[Int(node)] = Int32(half)
    used[Int(sibling)] = Int32(count - half)
    _ = index <= half ? place(entry, at: index, in: node) : place(entry, at: index - half, in: sibling)
    return sibling
  }

  private mutating func setCount(
    _ count: Count, in node: Int32, level: Int, _ isAtOrBefore: (Element) -> Bool
  ) {
    let path = entriesAtOrBefore(in: node, isAtOrBefore) - 1
    if level == 0 {
      self[node, path].count = count
    } else {
      let child = self[node, path].child
      setCount(count, in: child, level: level - 1, isAtOrBefore)
      self[node, path] = heading(of: child)
    }
  }

  private mutating func remove(from node: Int32, level: Int, _ isAtOrBefore: (Element) -> Bool) {
    let path = entriesAtOrBefore(in: node, isAtOrBefore) - 1
    if level == 0 {
      close(path, in: node)
      return
    }
    let child = self[node, path].child
    remove(from: child, level: level - 1, isAtOrBefore)
    if used[Int(child)] < Self.narrowest {
      widen(at: max(path - 1, 0), in: node)
    } else {
      self[node, path] = heading(of: child)
    }
  }

  /// Merges a child with the next one, or shares their entries out evenly when they do not fit into one.
  private mutating func widen(at index: Int, in node: Int32) {
    let left = self[node, index].child
    let right = self[node, index + 1].child
    let (leftCount, rightCount) = (Int(used[Int(left)]), Int(used[Int(right)]))
    if leftCount + rightCount <= Self.width {
      move(rightCount, from: right, at: 0, to: left, at: leftCount)
      used[Int(left)] = Int32(leftCount + rightCount)
      vacant.append(right)
      close(index + 1, in: node)
    } else {
      let half = (leftCount + rightCount) / 2
      if leftCount < half {
        let moved = half - leftCount
        move(moved, from: right, at: 0, to: left, at: leftCount)
        move(rightCount - moved, from: right, at: moved, to: right, at: 0)
      } else {
        let moved = leftCount - half
        move(rightCount, from: right, at: 0, to: right, at: moved)
        move(moved, from: left, at: half, to: right, at: 0)
      }
      used[Int(left)] = Int32(half)
      used[Int(right)] = Int32(leftCount + rightCount - half)
      self[node, index + 1] = heading(of: right)
    }
    self[node, index] = heading(of: left)
  }

  private mutating func close(_ index: Int, in node: Int32) {
    let count = Int(used[Int(node)])
    move(count - index - 1, from: node, at: index + 1, to: node, at: index)
    used[Int(node)] -= 1
  }

  private mutating func move(_ count: Int, from source: Int32, at first: Int, to target: Int32, at start: Int) {
    if source == target && start > first {
      for step in (0..<count).reversed() { self[target, start + step] = self[source, first + step] }
    } else {
      for step in 0..<count { self[target, start + step] = self[source, first + step] }
    }
  }
}

extension CountedTree where Count: BinaryInteger {
  /// Calls `body` for up to `limit` elements in order, after skipping as many as `offset` counts. O(log n + limit).
  func visit(after offset: Int, limit: Int, _ body: (Element) -> Void) {
    guard !used.isEmpty, limit > 0 else { return }
    var skip = offset
    var rest = limit
    visit(root, level: height, &skip, &rest, body)
  }

  private func visit(_ node: Int32, level: Int, _ skip: inout Int, _ rest: inout Int, _ body: (Element) -> Void) {
    for index in 0..<Int(used[Int(node)]) {
      let entry = self[node, index]
      if skip >= Int(entry.count) {
        skip -= Int(entry.count)
        continue
      }
      if level > 0 {
        visit(entry.child, level: level - 1, &skip, &rest, body)
      } else {
        body(entry.element)
        rest -= 1
      }
      if rest == 0 { return }
    }
  }
}
