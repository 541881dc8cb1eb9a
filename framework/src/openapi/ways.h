// Ways: which structs are sent by clients, which are sent to them, and which look different then.
#pragma once

#include <map>

#include <rondeau/reflect/descriptor.h>

namespace rondeau::openapi {

/// In: from a client, who may leave out what has a value of its own. Out: to a client, which gets all there is.
enum class Way { In, Out };

/// Whether a member has to be there. On its way out only what the writer leaves out may be absent.
bool is_required(const reflect::StructDescriptor& type, std::size_t member, Way way);

class Ways {
 public:
  /// Told of all that goes that way, before anything else is asked.
  void add(const reflect::Descriptor& type, Way way);

  /// The way whose look a type has that goes `way`: for those that look the same it is one.
  Way look(const reflect::Descriptor& type, Way way) const;
  /// It goes both ways and looks different.
  bool is_split(const reflect::Descriptor& type) const;

 private:
  struct Seen {
    bool in = false;
    bool out = false;
  };
  std::map<const reflect::Descriptor*, Seen> structs_;
};

}  // namespace rondeau::openapi
