#include <rondeau/detail/notify_core.h>

#include "sync/notify_core_inl.h"

namespace rondeau::detail {

template class BasicNotifyCore<StdAtomics>;

}  // namespace rondeau::detail
