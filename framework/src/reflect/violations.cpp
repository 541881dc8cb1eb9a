#include <rondeau/reflect/violations.h>

#include <algorithm>
#include <functional>
#include <memory>

#include "reflect/pointer.h"

namespace rondeau::reflect {
namespace {

/// Goes to everything in a value that has a place of its own, and knows its pointer on the way.
class Walk {
 public:
  virtual ~Walk() = default;
  void go(const Descriptor& type, const void* value);

 protected:
  /// False: what is inside is left out.
  virtual bool enter(const Descriptor& type, const void* value) = 0;
  virtual void leave(const Descriptor& type, const void* value) = 0;

  const std::string& pointer() const noexcept { return pointer_; }

 private:
  void go_inside(const Descriptor& type, const void* value);
  void go_below(std::string_view step, const Descriptor& type, const void* value) {
    const std::size_t before = pointer_.size();
    append_step(pointer_, step);
    go(type, value);
    pointer_.resize(before);
  }
  void go_to_elements(const SequenceDescriptor& list, const void* value);
  void go_to_entries(const MapDescriptor& map, const void* value);

  std::string pointer_;
};

void Walk::go(const Descriptor& type, const void* value) {
  if (!enter(type, value)) return;
  go_inside(type, value);
  leave(type, value);
}

void Walk::go_inside(const Descriptor& type, const void* value) {
  switch (type.kind) {
    case Kind::Struct: {
      const auto& table = as<StructDescriptor>(type);
      const void* members[StructDescriptor::kMaxFields];
      table.addresses(value, members);
      for (std::size_t i = 0; i < table.fields.size(); ++i) {
        go_below(table.fields[i].name, *table.fields[i].type, members[i]);
      }
      return;
    }
    case Kind::Sequence:
      return go_to_elements(as<SequenceDescriptor>(type), value);
    case Kind::Map:
      return go_to_entries(as<MapDescriptor>(type), value);
    case Kind::Tuple: {
      const auto& tuple = as<TupleDescriptor>(type);
      for (std::size_t i = 0; i < tuple.count; ++i) {
        go_below(std::to_string(i), tuple.element_type(i), tuple.element(value, i));
      }
      return;
    }
    case Kind::Optional: {
      const auto& optional = as<OptionalDescriptor>(type);
      if (optional.presence(value) == Presence::Value) go(*optional.inner, optional.get(value));
      return;
    }
    case Kind::Checked:
      return go(*as<CheckedDescriptor>(type).inner, value);
    case Kind::Variant: {
      const auto& variant = as<VariantDescriptor>(type);
      const std::size_t index = variant.index(value);
      if (index < variant.alternatives.size()) go(*variant.alternatives[index].type, variant.get(value));
      return;
    }
    default:
      return;
  }
}

void Walk::go_to_elements(const SequenceDescriptor& list, const void* value) {
  struct State {
    Walk* walk;
    const Descriptor* element;
    std::size_t index;
  } state{this, list.element, 0};
  list.for_each(value, &state, [](void* opaque, const void* element) {
    auto& at = *static_cast<State*>(opaque);
    at.walk->go_below(std::to_string(at.index++), *at.element, element);
    return true;
  });
}

void Walk::go_to_entries(const MapDescriptor& map, const void* value) {
  struct State {
    Walk* walk;
    const Descriptor* value;
  } state{this, map.value};
  map.for_each(value, &state, [](void* opaque, std::string_view key, const void* entry) {
    const auto& at = *static_cast<State*>(opaque);
    at.walk->go_below(key, *at.value, entry);
    return true;
  });
}

/// Looks for parts by where they lie. Of several things at one address the type tells which is meant.
class Search : public Walk {
 public:
  struct Wanted {
    const void* address;
    std::string_view signature;
    std::string pointer = {};
    bool found = false;
  };
  explicit Search(std::vector<Wanted>& wanted) : wanted_(wanted) {}

 private:
  bool enter(const Descriptor& type, const void* value) override {
    for (Wanted& one : wanted_) {
      if (one.found) continue;
      const auto* begin = static_cast<const std::byte*>(value);
      const auto* part = static_cast<const std::byte*>(one.address);
      const std::less<> before;
      if (before(part, begin) || !before(part, begin + type.size)) continue;
      one.found = part == begin && type.signature == one.signature;
      one.pointer = pointer();  // of the innermost thing around it, where nothing is just it
    }
    return true;
  }
  void leave(const Descriptor&, const void*) override {}

  std::vector<Wanted>& wanted_;
};

class AskAll : public Walk {
 public:
  explicit AskAll(std::size_t most) : most_(most) {}
  std::vector<Violation> all;

 private:
  bool enter(const Descriptor& type, const void* value) override {
    if (all.size() >= most_) return false;
    if (type.kind == Kind::Struct) before_.push_back(all.size());
    if (type.kind == Kind::Converted) go_to_form(as<ConvertedDescriptor>(type), value);
    return true;
  }
  void leave(const Descriptor& type, const void* value) override;
  /// What has a form has the form's rules.
  void go_to_form(const ConvertedDescriptor& type, const void* value) {
    const std::unique_ptr<void, void (*)(void*)> form(type.form_of(value), type.destroy);
    go(*type.inner, form.get());
  }

  std::size_t most_;
  std::vector<std::size_t> before_;  // of each open struct: what was wrong when it began
};

void AskAll::leave(const Descriptor& type, const void* value) {
  if (type.kind != Kind::Struct) return;
  const bool fits = before_.back() == all.size();
  before_.pop_back();
  const auto& table = as<StructDescriptor>(type);
  if (table.validate == nullptr || !fits) return;
  Violations wrong(most_ - all.size());
  table.validate(value, wrong);
  for (Violation& violation : std::move(wrong).take(type, value)) {
    violation.pointer.insert(0, pointer());
    all.push_back(std::move(violation));
  }
}

}  // namespace

void Violations::add_at(std::string_view pointer, std::string message, std::string_view code) {
  if (full()) return;
  std::string whole(pointer.empty() || pointer.starts_with('/') ? "" : "/");
  entries_.push_back({whole.append(pointer), std::string(code), std::move(message)});
}

void Violations::add_part(const void* address, std::string_view signature, std::string message, std::string_view code) {
  if (full()) return;
  parts_.push_back({address, signature, entries_.size()});
  entries_.push_back({{}, std::string(code), std::move(message)});
}

std::vector<Violation> Violations::take(const Descriptor& type, const void* object) && {
  if (parts_.empty()) return std::move(entries_);
  std::vector<Search::Wanted> wanted;
  for (const Part& part : parts_) wanted.push_back({part.address, part.signature});
  Search(wanted).go(type, object);
  for (std::size_t i = 0; i < parts_.size(); ++i) entries_[parts_[i].entry].pointer = std::move(wanted[i].pointer);
  return std::move(entries_);
}

std::vector<Violation> find_violations(const Descriptor& type, const void* value, std::size_t most) {
  AskAll walk(most);
  walk.go(type, value);
  return std::move(walk.all);
}

}  // namespace rondeau::reflect
