// A doubly linked ring through nodes that live elsewhere: no allocation, O(1) insertion and removal.
//
// Ownership: the list owns nothing. A node unlinks itself when it is destroyed, so a list never holds a dead node; a
// list that is destroyed first leaves its nodes unlinked. Thread: none of its own, as its user says.
// A type that stands in several lists at once derives from ListNode<Tag> once per list.
#pragma once

#include <cstddef>

namespace discovery {

template <class Tag = void>
class ListNode {
 public:
  ListNode() = default;
  ~ListNode() { unlink(); }
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;

  [[nodiscard]] bool linked() const { return next_ != nullptr; }
  void unlink() {
    if (!next_) return;
    prev_->next_ = next_;
    next_->prev_ = prev_;
    prev_ = next_ = nullptr;
  }

 private:
  template <class T, class U>
  friend class IntrusiveList;
  ListNode* prev_ = nullptr;
  ListNode* next_ = nullptr;
};

template <class T, class Tag = void>
class IntrusiveList {
 public:
  using Node = ListNode<Tag>;

  IntrusiveList() { reset(); }
  ~IntrusiveList() { clear(); }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;

  [[nodiscard]] bool empty() const { return head_.next_ == &head_; }
  /// Precondition: not linked in any list of this tag.
  void push_back(T& item) {
    Node& n = item;
    n.prev_ = head_.prev_;
    n.next_ = &head_;
    head_.prev_->next_ = &n;
    head_.prev_ = &n;
  }
  /// The oldest element; precondition: not empty.
  [[nodiscard]] T& front() { return static_cast<T&>(*head_.next_); }
  T& pop_front() {
    T& item = front();
    static_cast<Node&>(item).unlink();
    return item;
  }
  /// Moves every element of `other` to the end of this list, in O(1).
  void append(IntrusiveList& other) {
    if (other.empty()) return;
    Node* first = other.head_.next_;
    Node* last = other.head_.prev_;
    first->prev_ = head_.prev_;
    head_.prev_->next_ = first;
    last->next_ = &head_;
    head_.prev_ = last;
    other.reset();
  }
  /// Calls f(T&) for each element in order; f may unlink the element it is given, and no other.
  template <class F>
  void for_each(F f) {
    for (Node* n = head_.next_; n != &head_;) {
      Node* next = n->next_;
      f(static_cast<T&>(*n));
      n = next;
    }
  }
  void clear() {
    while (!empty()) head_.next_->unlink();
    reset();
  }

 private:
  void reset() { head_.prev_ = head_.next_ = &head_; }
  Node head_;
};

}  // namespace discovery
