// SPDX-License-Identifier: MIT
// Looks at a page as it is shown, and leaves in document.title what is wrong with it, as JSON. Only
// tests have a script in them: pages have none.
addEventListener('load', () => {
	const faults = [];
	const fault = (kind, what) => faults.length < 20 && faults.push(kind + ': ' + what);

	const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
	if (wide > 0)
		fault('wide', 'the page is ' + wide + ' wider than the window');
	// what scrolls by itself says so, and does not where it fits
	for (const s of document.querySelectorAll('.scroll')) {
		const table = s.querySelector('table');
		if (table.classList.contains('cards') && s.scrollWidth > s.clientWidth + 1)
			fault('wide', 'a table is ' + (s.scrollWidth - s.clientWidth) + ' wider than its place');
	}

	const rgb = c => (c.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number);
	const channel = v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
	const luminance = c => .2126 * channel(c[0]) + .7152 * channel(c[1]) + .0722 * channel(c[2]);
	const contrast = (a, b) => {
		const [hi, lo] = [luminance(a), luminance(b)].sort((x, y) => y - x);
		return (hi + .05) / (lo + .05);
	};
	const ground = e => {
		for (; e; e = e.parentElement) {
			const c = rgb(getComputedStyle(e).backgroundColor);
			if (c.length < 4 || c[3] === 1)
				return c;
		}
		return [255, 255, 255];
	};

	// every piece of text, with the boxes of its lines
	const pieces = [];
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walk.nextNode()) {
		const node = walk.currentNode, parent = node.parentElement;
		if (!node.data.trim() || parent.closest('title, desc, style, script'))
			continue;
		if (!parent.checkVisibility({contentVisibilityAuto: true}))
			continue;
		const range = document.createRange();
		range.selectNodeContents(node);
		const boxes = [...range.getClientRects()].filter(r => r.width > 0 && r.height > 0);
		if (!boxes.length)
			continue;
		const style = getComputedStyle(parent), svg = parent.closest('svg');
		const size = parseFloat(style.fontSize) * (svg ? svg.getBoundingClientRect().width /
			svg.viewBox.baseVal.width : 1);
		const text = node.data.trim().slice(0, 40);
		pieces.push({text, boxes, svg, parent});
		const ratio = contrast(rgb(svg ? style.fill : style.color), ground(parent));
		const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
		if (ratio < (large ? 3 : 4.5))
			fault('contrast', text + ' has ' + ratio.toFixed(2));
		if (size < 7.5)
			fault('small', text + ' is ' + size.toFixed(1) + ' px');
		// an option of a command is on one line
		if (parent.closest('code')) {
			for (const m of node.data.matchAll(/(?<=^|\s)--?[a-z][a-z-]*/g)) {
				range.setStart(node, m.index);
				range.setEnd(node, m.index + m[0].length);
				const tops = new Set([...range.getClientRects()].map(r => Math.round(r.top)));
				if (tops.size > 1)
					fault('broken', m[0] + ' is on ' + tops.size + ' lines');
			}
		}
		if (svg) {
			const view = svg.getBoundingClientRect();
			for (const b of boxes)
				if (b.left < view.left - 1 || b.right > view.right + 1 || b.top < view.top - 1 ||
						b.bottom > view.bottom + 1)
					fault('outside', text + ' stands out of its picture');
		}
	}
	// in rows from top to bottom, so that only neighbours are looked at
	const boxes = pieces.flatMap(p => p.boxes.map(b => ({b, p}))).sort((x, y) => x.b.top - y.b.top);
	for (let i = 0; i < boxes.length; i++) {
		for (let k = i + 1; k < boxes.length && boxes[k].b.top < boxes[i].b.bottom; k++) {
			const a = boxes[i], c = boxes[k];
			// boxes are as high as a line: what is written in it is less
			const slack = a.p.svg ? 2.5 : 4;
			if (a.p === c.p || a.p.parent.closest('.scroll') !== c.p.parent.closest('.scroll'))
				continue;
			if (a.p.parent.closest('.scroll') && !a.p.parent.closest('.cards'))
				continue;
			if (Math.min(a.b.right, c.b.right) - Math.max(a.b.left, c.b.left) > 1 &&
					Math.min(a.b.bottom, c.b.bottom) - Math.max(a.b.top, c.b.top) > slack)
				fault('overlap', a.p.text + ' and ' + c.p.text);
		}
	}
	const flat = [...document.querySelectorAll('svg.chart')].filter(s => {
		const r = s.getBoundingClientRect();
		return s.checkVisibility() && r.height > 0 && r.width < 200;
	}).length;
	if (flat)
		fault('flat', flat + ' pictures have no room');
	document.title = 'PROBE ' + JSON.stringify({faults, texts: pieces.length,
		ink: getComputedStyle(document.body).color, width: innerWidth});
});
