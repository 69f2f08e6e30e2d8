# SPDX-License-Identifier: MIT
# The programs of corpus/rules that run on a device with a kernel, by their headers:
# awk -f select.awk -v device=xhci -v kernel=6.12 FILES. "any" is the emulator and every device as
# the guest makes it; a name with a colon is a guest made differently (see guest_rules.sh).
function flush_one() { if (file != "" && has_device && has_kernel) print file }
FNR == 1 { flush_one(); file = FILENAME; has_device = has_kernel = 0 }
$1 == "#" && $2 == "devices:" {
	for (i = 3; i <= NF; i++)
		if ($i == device || ($i == "any" && device !~ /:/)) has_device = 1
}
$1 == "#" && $2 == "kernels:" {
	for (i = 3; i <= NF; i++)
		if ($i == kernel) has_kernel = 1
}
END { flush_one() }
