#!/bin/sh
# pre-image.sh FILESYSTEM FOLDER: write the layout for genimage, which this tool runs next.
set -eu
# The package made this user when it was installed into the tree; the kernel knows numbers only.
custody_uid=$(awk -F: '$1 == "shilu-custody" { print $3 }' "$1/etc/passwd")
[ -n "$custody_uid" ] || { echo "pre-image: the package shilu is not in this image" >&2; exit 1; }
sed \
    -e "s|<NAME>|$IGconf_image_name|g" \
    -e "s|<SUFFIX>|$IGconf_image_suffix|g" \
    -e "s|<BOOT_SIZE>|$IGconf_image_boot_part_size|g" \
    -e "s|<ROOT_SIZE>|$IGconf_image_root_part_size|g" \
    -e "s|<EVIDENCE_SIZE>|$IGconf_image_evidence_part_size|g" \
    -e "s|<CUSTODY_UID>|$custody_uid|g" \
    "$IGconf_image_assetdir/genimage.cfg.in" >"$2/genimage.cfg"
