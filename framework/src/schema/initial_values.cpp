#include "schema/initial_values.h"

#include <cstring>
#include <new>

#include <rondeau/json/write.h>
#include <rondeau/reflect/walk.h>

namespace rondeau::schema {
namespace {

/// A T as its initialisers make it; what has none is zero.
class Specimen {
 public:
  explicit Specimen(const reflect::StructDescriptor& type)
      : type_(type), storage_(::operator new (type.size, std::align_val_t{type.alignment})) {
    std::memset(storage_, 0, type.size);
    type.construct(storage_);
  }
  Specimen(const Specimen&) = delete;
  Specimen& operator=(const Specimen&) = delete;
  ~Specimen() {
    type_.destroy(storage_);
    ::operator delete (storage_, std::align_val_t{type_.alignment});
  }
  const void* get() const { return storage_; }

 private:
  const reflect::StructDescriptor& type_;
  void* storage_;
};

bool has_initial_value(const reflect::StructDescriptor& type, std::size_t index) {
  const reflect::Descriptor& member = *type.fields[index].type;
  return member.kind != reflect::Kind::Optional && !member.secret &&
         reflect::plain_type(member).kind != reflect::Kind::Struct && reflect::may_be_absent(type, index);
}

}  // namespace

std::vector<std::string> initial_values(const reflect::StructDescriptor& type) {
  const Specimen specimen(type);
  const void* addresses[reflect::StructDescriptor::kMaxFields];
  type.addresses(specimen.get(), addresses);
  std::vector<std::string> values(type.fields.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!has_initial_value(type, i)) continue;
    // What has no JSON form, such as a NaN, is left out.
    if (!json::write_value(*type.fields[i].type, addresses[i], values[i])) values[i].clear();
  }
  return values;
}

}  // namespace rondeau::schema
