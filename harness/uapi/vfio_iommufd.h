/* SPDX-License-Identifier: MIT */
/*
 * vfio_iommufd: the part of the VFIO and iommufd uAPI that opens a device by its cdev
 * (<linux/vfio.h> since 6.6, <linux/iommufd.h> since 6.2). Debian 12's headers have neither. The
 * structures are the first that there were: the kernel takes them by their size, now as then.
 */
#ifndef IRQSTORM_UAPI_VFIO_IOMMUFD_H
#define IRQSTORM_UAPI_VFIO_IOMMUFD_H

#include <linux/types.h>
#include <linux/vfio.h>

#if defined(__has_include)
#if __has_include(<linux/iommufd.h>)
#include <linux/iommufd.h>
#endif
#endif

#ifndef VFIO_DEVICE_BIND_IOMMUFD
struct vfio_device_bind_iommufd {
	__u32 argsz;
	__u32 flags;
	__s32 iommufd;
	__u32 out_devid;
};
#define VFIO_DEVICE_BIND_IOMMUFD _IO(VFIO_TYPE, VFIO_BASE + 18)
#endif

#ifndef VFIO_DEVICE_ATTACH_IOMMUFD_PT
struct vfio_device_attach_iommufd_pt {
	__u32 argsz;
	__u32 flags;
	__u32 pt_id;
};
#define VFIO_DEVICE_ATTACH_IOMMUFD_PT _IO(VFIO_TYPE, VFIO_BASE + 19)
#endif

#ifndef IOMMU_IOAS_ALLOC
struct iommu_ioas_alloc {
	__u32 size;
	__u32 flags;
	__u32 out_ioas_id;
};
#define IOMMU_IOAS_ALLOC _IO(';', 0x81)
#endif

#endif
